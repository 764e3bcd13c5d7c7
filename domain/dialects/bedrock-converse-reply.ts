import { contentOf, createBlockReader } from '../converse-blocks.ts';
import type { BlockStep } from '../converse-blocks.ts';
import type { JsonObject } from '../converse.ts';
import { NO_TOKENS } from '../meters.ts';
import type { TokenUsage } from '../meters.ts';
import type { ModelEnd, ModelEvent } from '../model-call.ts';
import { awsEvent } from './event-stream.ts';

/** Tokens in Converse's words: `inputTokens` leaves out what was read from or written to a cache. */
export function converseUsage(usage: TokenUsage) {
  const { input, output, cache_read, cache_write_5m, cache_write_1h } = usage;
  const written = cache_write_5m + cache_write_1h;
  const details = [
    { ttl: '1h', inputTokens: cache_write_1h },
    { ttl: '5m', inputTokens: cache_write_5m },
  ].filter(({ inputTokens }) => inputTokens > 0);
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: input + cache_read + written + output,
    cacheReadInputTokens: cache_read,
    cacheWriteInputTokens: written,
    ...(details.length > 0 && { cacheDetails: details }),
  };
}

/** The whole answer to Converse. `latencyMs` stands for the model's own where it did not say. */
export function converseReply(events: readonly ModelEvent[], latencyMs: number) {
  const end = events.find((event) => event.type === 'end');
  const { additionalModelResponseFields, ...last } = lastWords(end, latencyMs);
  return {
    output: { message: { role: 'assistant', content: contentOf(events) } },
    stopReason: end?.stopReason ?? 'end_turn',
    ...last,
    ...(additionalModelResponseFields !== undefined && { additionalModelResponseFields }),
  };
}

/** Turns events one by one into the messages of ConverseStream. */
export function createConverseStream(elapsedMs: () => number) {
  const stepsOf = createBlockReader();
  let begun = false;

  return function messagesOf(event: ModelEvent): readonly Uint8Array[] {
    const messages = begun ? [] : [awsEvent('messageStart', { role: 'assistant' })];
    begun = true;
    messages.push(...stepsOf(event).flatMap(messageOfStep));
    if (event.type !== 'end') return messages;
    const { additionalModelResponseFields, ...metadata } = lastWords(event, elapsedMs());
    const more =
      additionalModelResponseFields === undefined ? {} : { additionalModelResponseFields };
    messages.push(awsEvent('messageStop', { stopReason: event.stopReason, ...more }));
    return [...messages, awsEvent('metadata', metadata)];
  };
}

/** Only tools begin with an event of their own: what they are called stands nowhere else. */
function messageOfStep(step: BlockStep): readonly Uint8Array<ArrayBuffer>[] {
  const contentBlockIndex = step.index;
  if (step.type === 'stop') return [awsEvent('contentBlockStop', { contentBlockIndex })];
  if (step.type === 'delta') {
    return [awsEvent('contentBlockDelta', { delta: step.delta, contentBlockIndex })];
  }
  if (!step.tool) return [];
  return [awsEvent('contentBlockStart', { start: { toolUse: step.tool }, contentBlockIndex })];
}

/** Members of Converse's last words that are passed on as the model's service said them. */
const LAST_WORDS = [
  ...['metrics', 'trace', 'performanceConfig', 'serviceTier', 'additionalModelResponseFields'],
];

function lastWords(end: ModelEnd | undefined, latencyMs: number) {
  const said: JsonObject = end?.details ?? {};
  const kept = Object.entries(said).filter(([name]) => LAST_WORDS.includes(name));
  const usage = converseUsage(end?.usage ?? NO_TOKENS);
  return { metrics: { latencyMs }, ...Object.fromEntries(kept), usage } as {
    readonly additionalModelResponseFields?: unknown;
    readonly [more: string]: unknown;
  };
}
