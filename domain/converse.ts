/**
 * Bedrock's Converse request, the canonical form of a conversation: every dialect is translated into it
 * and the model's service takes it as it is. Names and shapes are those of the wire (bedrock-runtime
 * 2023-09-30); bytes are base64 text.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Where the bytes of an image, a document or a video are. */
export type BlobSource =
  | { readonly bytes: string }
  | { readonly text: string }
  /** Texts that are cited one by one; documents only. */
  | { readonly content: readonly JsonObject[] }
  | { readonly s3Location: { readonly uri: string; readonly bucketOwner?: string } };

/** One block of content; exactly one member is set. Members that are not named here pass unread. */
export interface ContentBlock {
  readonly text?: string;
  readonly image?: { readonly format: string; readonly source: BlobSource };
  readonly document?: {
    readonly format: string;
    readonly name: string;
    readonly source: BlobSource;
    readonly [more: string]: unknown;
  };
  readonly toolUse?: { readonly toolUseId: string; readonly name: string; readonly input: unknown };
  readonly toolResult?: {
    readonly toolUseId: string;
    readonly content: readonly JsonObject[];
    readonly status?: 'success' | 'error';
  };
  readonly reasoningContent?: {
    readonly reasoningText?: { readonly text: string; readonly signature?: string };
    readonly redactedContent?: string;
  };
  readonly cachePoint?: { readonly type: 'default'; readonly ttl?: '5m' | '1h' };
  readonly [more: string]: unknown;
}

export interface ConverseMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly ContentBlock[];
}

/** A tool, or a point up to which tools are cached. */
export interface ConverseTool {
  readonly toolSpec?: {
    readonly name: string;
    readonly description?: string;
    readonly inputSchema: { readonly json: unknown };
    readonly strict?: boolean;
  };
  readonly cachePoint?: ContentBlock['cachePoint'];
  readonly [more: string]: unknown;
}

export interface ToolConfig {
  readonly tools: readonly ConverseTool[];
  readonly toolChoice?:
    | { readonly auto: JsonObject }
    | { readonly any: JsonObject }
    | { readonly tool: { readonly name: string } };
}

/**
 * The request but for two things that stand in the call itself: the model and the output cap
 * (`inferenceConfig.maxTokens`), which admission decides.
 */
export interface ConverseRequest {
  readonly messages: readonly ConverseMessage[];
  readonly system?: readonly ContentBlock[];
  readonly inferenceConfig?: {
    readonly temperature?: number;
    readonly topP?: number;
    readonly stopSequences?: readonly string[];
  };
  readonly toolConfig?: ToolConfig;
  readonly guardrailConfig?: JsonObject;
  readonly additionalModelRequestFields?: unknown;
  readonly additionalModelResponseFieldPaths?: readonly string[];
  readonly performanceConfig?: { readonly latency: 'standard' | 'optimized' };
  readonly serviceTier?: { readonly type: string };
  readonly [more: string]: unknown;
}

/** Every text of the blocks, in order, one beside the other. */
export function textOfBlocks(blocks: readonly ContentBlock[]): string {
  return blocks.map(({ text }) => text ?? '').join('');
}
