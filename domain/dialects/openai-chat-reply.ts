import { eventTimeMs } from '../event-id.ts';
import type { EventId } from '../event-id.ts';
import { NO_TOKENS } from '../meters.ts';
import type { TokenUsage } from '../meters.ts';
import type { ModelEvent, StopReason } from '../model-call.ts';
import type { OpenAiChatRequest } from './openai-chat.ts';

/** The last payload of a stream: it is sent once the usage line is durable, and never after an error. */
export const OPENAI_DONE = '[DONE]';

const FINISH_REASONS = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  content_filtered: 'content_filter',
  guardrail_intervened: 'content_filter',
  malformed_model_output: 'stop',
  malformed_tool_use: 'stop',
} as const satisfies Record<StopReason, string>;

/** Tokens in OpenAI's words: `prompt_tokens` includes what was read from or written to a cache. */
export function openAiUsage(usage: TokenUsage) {
  const { input, cache_read, cache_write_5m, cache_write_1h, output } = usage;
  const prompt = input + cache_read + cache_write_5m + cache_write_1h;
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cache_read },
  };
}

/** The whole answer to a call that was not streamed, from all its events. */
export function openAiCompletion(
  { call }: OpenAiChatRequest,
  id: EventId,
  events: readonly ModelEvent[],
) {
  const content = events.map((event) => (event.type === 'text' ? event.text : '')).join('');
  const end = events.find((event) => event.type === 'end');
  const finish = FINISH_REASONS[end?.stopReason ?? 'end_turn'];
  const message = { role: 'assistant', content, refusal: null };
  return {
    ...headOf(id, 'chat.completion', call.modelRequested),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    usage: openAiUsage(end?.usage ?? NO_TOKENS),
  };
}

/** Turns events one by one into the payloads of a stream's server-sent events. */
export function createOpenAiStream({ call, includeUsage }: OpenAiChatRequest, id: EventId) {
  const head = headOf(id, 'chat.completion.chunk', call.modelRequested);
  const noUsage = includeUsage ? { usage: null } : {};
  let begun = false;

  function chunk(delta: object, finish: string | null): string {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
    return JSON.stringify({ ...head, choices, ...noUsage });
  }

  return function payloadsOf(event: ModelEvent): readonly string[] {
    const payloads = begun ? [] : [chunk({ role: 'assistant', content: '', refusal: null }, null)];
    begun = true;
    if (event.type === 'text') return [...payloads, chunk({ content: event.text }, null)];
    if (event.type !== 'end') return payloads;
    payloads.push(chunk({}, FINISH_REASONS[event.stopReason]));
    if (includeUsage) {
      const usage = openAiUsage(event.usage ?? NO_TOKENS);
      payloads.push(JSON.stringify({ ...head, choices: [], usage }));
    }
    return [...payloads, OPENAI_DONE];
  };
}

function headOf(id: EventId, object: string, model: string) {
  return { id: `chatcmpl-${id}`, object, created: Math.floor(eventTimeMs(id) / 1000), model };
}
