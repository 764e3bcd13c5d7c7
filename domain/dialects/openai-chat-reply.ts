import { eventTimeMs } from '../event-id.ts';
import type { EventId } from '../event-id.ts';
import { NO_TOKENS } from '../meters.ts';
import type { TokenUsage } from '../meters.ts';
import type { ModelEnd, ModelEvent, StopReason } from '../model-call.ts';
import type { OpenAiChatRequest } from './openai-chat.ts';
import { createJsonAnswer } from './openai-json-answer.ts';
import { servedTier } from './openai-settings.ts';

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
  const written = cache_write_5m + cache_write_1h;
  const prompt = input + cache_read + written;
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cache_read, cache_write_tokens: written },
  };
}

/** The whole answer to a call that was not streamed, from all its events. */
export function openAiCompletion(
  { call, answerTool }: OpenAiChatRequest,
  id: EventId,
  events: readonly ModelEvent[],
) {
  const answered = events.flatMap(createJsonAnswer(answerTool));
  const deltas = answered.flatMap(createChatDeltas());
  const end = answered.find((event) => event.type === 'end');
  const content = deltas.map((delta) => delta.content ?? '').join('');
  const reasoning = deltas.map((delta) => delta.reasoning_content ?? '').join('');
  const calls = toolCalls(deltas);
  const message = {
    // A message of tools alone has no content, rather than an empty one.
    ...{ role: 'assistant', content: content === '' && calls.length > 0 ? null : content },
    ...{ refusal: null, ...(reasoning !== '' && { reasoning_content: reasoning }) },
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  const finish = FINISH_REASONS[end?.stopReason ?? 'end_turn'];
  return {
    ...headOf(id, 'chat.completion', call.modelRequested),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    usage: openAiUsage(end?.usage ?? NO_TOKENS),
    service_tier: servedTier(end?.tier ?? 'standard'),
  };
}

/** Turns events one by one into the payloads of a stream's server-sent events. */
export function createOpenAiStream(request: OpenAiChatRequest, id: EventId) {
  const { call, includeUsage, answerTool } = request;
  const head = headOf(id, 'chat.completion.chunk', call.modelRequested);
  const noUsage = includeUsage ? { usage: null } : {};
  const [answered, deltasOf] = [createJsonAnswer(answerTool), createChatDeltas()];
  let begun = false;

  function chunk(delta: object, finish: string | null): string {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
    return JSON.stringify({ ...head, choices, ...noUsage });
  }

  function last(end: ModelEnd): readonly string[] {
    const payloads = [chunk({}, FINISH_REASONS[end.stopReason])];
    if (includeUsage) {
      const usage = openAiUsage(end.usage ?? NO_TOKENS);
      const tier = servedTier(end.tier);
      payloads.push(JSON.stringify({ ...head, choices: [], usage, service_tier: tier }));
    }
    return [...payloads, OPENAI_DONE];
  }

  return function payloadsOf(raw: ModelEvent): readonly string[] {
    const payloads = begun ? [] : [chunk({ role: 'assistant', content: '', refusal: null }, null)];
    begun = true;
    for (const event of answered(raw)) {
      for (const delta of deltasOf(event)) payloads.push(chunk(delta, null));
      if (event.type === 'end') payloads.push(...last(event));
    }
    return payloads;
  };
}

interface ToolDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: 'function';
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** What one event adds to the message. */
interface ChatDelta {
  readonly content?: string;
  /** Not OpenAI's own: the name that servers of open models have given it. */
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly [ToolDelta];
}

function createChatDeltas() {
  let [calls, silent] = [0, false];

  /** A tool without input has an empty object: its text must be JSON. */
  function closed(): readonly ChatDelta[] {
    if (!silent) return [];
    silent = false;
    return [inputDelta('{}')];
  }

  function inputDelta(json: string): ChatDelta {
    return { tool_calls: [{ index: calls - 1, function: { arguments: json } }] };
  }

  return function deltasOf(event: ModelEvent): readonly ChatDelta[] {
    if (event.type === 'text') return [...closed(), { content: event.text }];
    if (event.type === 'reasoning') return [...closed(), { reasoning_content: event.text }];
    if (event.type === 'tool_use') {
      const before = closed();
      [calls, silent] = [calls + 1, true];
      const named = { name: event.name, arguments: '' };
      const call = { index: calls - 1, id: event.toolUseId, type: 'function', function: named };
      return [...before, { tool_calls: [call as ToolDelta] }];
    }
    if (event.type === 'tool_input') {
      silent &&= event.json === '';
      return [inputDelta(event.json)];
    }
    return event.type === 'block_end' || event.type === 'end' ? closed() : [];
  };
}

/** The tool calls whose pieces came one by one. */
function toolCalls(deltas: readonly ChatDelta[]) {
  const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] =
    [];
  for (const { tool_calls: [piece] = [] } of deltas) {
    if (!piece) continue;
    const { id, index, function: named } = piece;
    const known = calls[index];
    if (known) known.function.arguments += named.arguments;
    else if (id !== undefined) {
      calls.push({ id, type: 'function', function: { name: named.name ?? '', arguments: '' } });
    }
  }
  return calls;
}

function headOf(id: EventId, object: string, model: string) {
  const created = Math.floor(eventTimeMs(id) / 1000);
  return { id: `chatcmpl-${id}`, object, created, model, system_fingerprint: null };
}
