import type { ContentBlock, ConverseMessage, JsonObject } from '../converse.ts';
import { BadRequest } from '../dialects/problem.ts';
import type { ConverseCall } from '../model-call.ts';
import type { EndpointShape } from './endpoint.ts';

/** Members of a conversation that an endpoint is told; `additionalModelResponseFieldPaths` is our own. */
const TOLD: ReadonlySet<string> = new Set([
  ...['messages', 'system', 'inferenceConfig', 'additionalModelRequestFields'],
  'additionalModelResponseFieldPaths',
]);

/**
 * A conversation as a container on SageMaker reads it.
 *
 * @throws BadRequest for what the container has no place for, by name: nothing is left out silently.
 */
export function sageMakerBody(call: ConverseCall, shape: EndpointShape): JsonObject {
  for (const [name, value] of Object.entries(call.request)) {
    if (TOLD.has(name) || value === undefined) continue;
    throw new BadRequest(name, 'not supported by models on SageMaker');
  }
  return shape === 'messages' ? chatBody(call) : textBody(call);
}

function chatBody(call: ConverseCall): JsonObject {
  const { stream, maxTokens, request } = call;
  const { messages, system = [], inferenceConfig = {} } = request;
  const { temperature, topP, stopSequences } = inferenceConfig;
  const own = {
    messages: [
      ...system.map((block) => ({ role: 'system', content: textOf(block, 'system') })),
      ...messages.map(chatMessage),
    ],
    ...(maxTokens !== null && { max_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stopSequences && { stop: stopSequences }),
    // What was used is told in the last chunk, and only to who asks.
    ...(stream && { stream, stream_options: { include_usage: true } }),
  };
  return { ...extraOf(call, [...Object.keys(own), 'stream', 'stream_options']), ...own };
}

function chatMessage({ role, content }: ConverseMessage): JsonObject {
  const [first] = content;
  if (first && content.length === 1) {
    if (first.text !== undefined) return { role, content: textOf(first, 'messages') };
  }
  return { role, content: content.map(chatPart) };
}

function chatPart(block: ContentBlock): JsonObject {
  const { image } = block;
  if (image && 'bytes' in image.source) {
    const url = `data:image/${image.format};base64,${image.source.bytes}`;
    return { type: 'image_url', image_url: { url } };
  }
  return { type: 'text', text: textOf(block, 'messages') };
}

/** One text: who put a conversation into a model's own template would be guessing. */
function textBody(call: ConverseCall): JsonObject {
  const { stream, maxTokens, request } = call;
  const { messages, system, inferenceConfig = {} } = request;
  const [message] = messages;
  if (system) throw new BadRequest('system', 'not supported: this model takes one text');
  if (!message || messages.length > 1 || message.role !== 'user') {
    throw new BadRequest('messages', 'expected one of the user: this model takes one text');
  }
  const { temperature, topP, stopSequences } = inferenceConfig;
  const own = {
    // `details` says how many tokens were made; the text that was put in need not come back.
    ...{ details: true, return_full_text: false },
    ...(maxTokens !== null && { max_new_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stopSequences && { stop: stopSequences }),
  };
  const inputs = message.content.map((block) => textOf(block, 'messages')).join('\n');
  return {
    inputs,
    parameters: { ...extraOf(call, Object.keys(own)), ...own },
    ...(stream && { stream }),
  };
}

function textOf(block: ContentBlock, field: string): string {
  const [other] = Object.keys(block).filter((name) => name !== 'text');
  if (block.text !== undefined && other === undefined) return block.text;
  throw new BadRequest(field, `got ${other ?? 'nothing'}, expected text alone on this model`);
}

/** Settings of the container's own; they may not stand in the place of ours. */
function extraOf({ request }: ConverseCall, ours: readonly string[]): JsonObject {
  const extra = (request.additionalModelRequestFields ?? {}) as JsonObject;
  const [doubled] = ours.filter((name) => Object.hasOwn(extra, name));
  if (doubled === undefined) return extra;
  throw new BadRequest(doubled, 'not supported here, expected it in its own place');
}
