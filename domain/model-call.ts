import type { ConverseRequest, JsonObject } from './converse.ts';
import type { TokenUsage } from './meters.ts';
import type { OtherMeters } from './other-meters.ts';
import type { EndpointWish } from './sagemaker/endpoint.ts';
import type { LatencyClass, Tier, UsageEvent } from './usage-event.ts';

interface AnyCall {
  /** Dialect and operation, such as `openai.chat`. */
  readonly api: string;
  readonly modelRequested: string;
  readonly stream: boolean;
  /** Most tokens that may be generated; null where the caller did not say. Admission always says. */
  readonly maxTokens: number | null;
  /**
   * What the model's service is to note of the call in a log of its own, so that both can be laid side by side.
   * At most 16 entries of at most 256 letters, digits, spaces and `:_@$#=/+,-.`; only an attempt has any.
   */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A conversation. */
export interface ConverseCall extends AnyCall {
  readonly kind: 'converse';
  readonly request: ConverseRequest;
  /** What its caller says of an endpoint on SageMaker; only the ancestor's do. */
  readonly sageMaker?: EndpointWish;
}

/**
 * Bodies in the model's own format (InvokeModel): embeddings, images, and what a native client sends.
 * Several bodies are several upstream requests of one attempt; their usage is summed into one line.
 */
export interface InvokeCall extends AnyCall {
  readonly kind: 'invoke';
  readonly bodies: readonly Uint8Array[];
  readonly contentType: string;
  readonly accept: string;
  /** Billable quantities that only the request tells, such as images: meter → whole units. */
  readonly other: Readonly<Record<string, number>>;
  /** Values of Bedrock's own request headers, such as the service tier, by wire name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The canonical call every dialect is parsed into. */
export type ModelCall = ConverseCall | InvokeCall;

/** Why a model stopped, in Converse's words. */
export const STOP_REASONS = [
  'end_turn',
  'tool_use',
  'max_tokens',
  'stop_sequence',
  'guardrail_intervened',
  'content_filtered',
  'malformed_model_output',
  'malformed_tool_use',
  'model_context_window_exceeded',
] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/**
 * What happens while a model answers. Text, reasoning and tool use each open a block where none of
 * their kind is open; `block_end` closes it. `end` is last, and alone says what was used.
 */
export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'reasoning_signature'; readonly signature: string }
  /** Reasoning that only the model can read: base64. */
  | { readonly type: 'redacted_reasoning'; readonly data: string }
  | { readonly type: 'tool_use'; readonly toolUseId: string; readonly name: string }
  /** A piece of the open tool use's input: JSON text, whole only when the block ends. */
  | { readonly type: 'tool_input'; readonly json: string }
  /** A content delta of Converse that this gateway passes on unread, such as a citation. */
  | { readonly type: 'native'; readonly delta: JsonObject }
  | { readonly type: 'block_end' }
  /** The reply to one body of an InvokeCall, or one chunk of its stream. */
  | { readonly type: 'body'; readonly bytes: Uint8Array; readonly contentType: string }
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  | ModelEnd;

export interface ModelEnd {
  readonly type: 'end';
  readonly stopReason: StopReason;
  /** Null when the model did not say: the outcome is then unknown, never zero. */
  readonly usage: TokenUsage | null;
  /** `estimated` where the model counted nothing and the adapter did. @default 'reported' */
  readonly usageSource?: Exclude<UsageEvent['usage_source'], 'none'>;
  /** Billed quantities that are not tokens: meter → whole units. */
  readonly other?: Readonly<Record<string, number>>;
  readonly tier: Tier;
  readonly latencyClass: LatencyClass;
  readonly upstreamId: string;
  /** Converse's own last words (metrics, trace, additionalModelResponseFields), passed on unread. */
  readonly details?: JsonObject;
}

export type ModelFailure = 'throttled' | 'client_error' | 'upstream_error' | 'timeout' | 'cut';

/** An attempt that failed upstream. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly failure: ModelFailure;
  readonly upstreamId: string | null;
  /** Tokens that the failed attempt is known to have used; null if nobody said. */
  readonly usage: TokenUsage | null;
  /** Quantities that are not tokens that it is known to have used; null if nobody said. */
  readonly other: OtherMeters | null;

  constructor(
    failure: ModelFailure,
    message: string,
    known: Partial<Pick<ModelError, 'upstreamId' | 'usage' | 'other'>> = {},
  ) {
    super(message);
    this.failure = failure;
    this.upstreamId = known.upstreamId ?? null;
    this.usage = known.usage ?? null;
    this.other = known.other ?? null;
  }
}
