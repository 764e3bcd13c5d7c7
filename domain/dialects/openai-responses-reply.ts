import { eventTimeMs } from '../event-id.ts';
import type { EventId } from '../event-id.ts';
import { NO_TOKENS } from '../meters.ts';
import type { TokenUsage } from '../meters.ts';
import type { ModelEnd, ModelEvent, StopReason } from '../model-call.ts';
import { createJsonAnswer } from './openai-json-answer.ts';
import type { OpenAiResponsesRequest } from './openai-responses.ts';
import { createResponseItems } from './openai-responses-items.ts';
import type { ItemEvent } from './openai-responses-items.ts';
import { servedTier } from './openai-settings.ts';

/** An event of a stream of a response: the name of its server-sent event is its type. */
export type ResponseEvent = ItemEvent & { readonly sequence_number: number };

/** Why an answer is not whole; every other reason is its proper end. */
const INCOMPLETE: Partial<Record<StopReason, string>> = {
  max_tokens: 'max_output_tokens',
  model_context_window_exceeded: 'max_output_tokens',
  content_filtered: 'content_filter',
  guardrail_intervened: 'content_filter',
};

/** Tokens in the words of the Responses API: `input_tokens` includes what a cache read or wrote. */
export function responsesUsage(usage: TokenUsage, reasoned: boolean) {
  const { input, cache_read, cache_write_5m, cache_write_1h, output } = usage;
  const written = cache_write_5m + cache_write_1h;
  const all = input + cache_read + written;
  return {
    input_tokens: all,
    input_tokens_details: { cached_tokens: cache_read, cache_write_tokens: written },
    output_tokens: output,
    // Bedrock counts reasoning into the output and does not say how much of it that was.
    output_tokens_details: reasoned ? {} : { reasoning_tokens: 0 },
    total_tokens: all + output,
  };
}

/** The whole answer to a call that was not streamed, from all its events. */
export function openAiResponse(
  request: OpenAiResponsesRequest,
  id: EventId,
  events: readonly ModelEvent[],
): unknown {
  const last = events.flatMap(createResponsesStream(request, id)).at(-1);
  return last?.['response'];
}

/** Turns events one by one into those of a stream. */
export function createResponsesStream(request: OpenAiResponsesRequest, id: EventId) {
  const answered = createJsonAnswer(request.answerTool);
  const items = createResponseItems(id, request.encryptedReasoning);
  let [sequence, begun, reasoned] = [0, false, false];

  function told(events: readonly ItemEvent[]): readonly ResponseEvent[] {
    return events.map((event) => ({ ...event, sequence_number: sequence++ }));
  }

  function first(): readonly ItemEvent[] {
    if (begun) return [];
    begun = true;
    const response = responseOf(request, id, { status: 'in_progress', output: [], usage: null });
    return ['response.created', 'response.in_progress'].map((type) => ({ type, response }));
  }

  function last(end: ModelEnd): readonly ItemEvent[] {
    const reason = INCOMPLETE[end.stopReason];
    const status = reason === undefined ? 'completed' : 'incomplete';
    const closed = items.close(status);
    const response = responseOf(request, id, {
      ...{ status, output: items.output },
      ...{ incomplete_details: reason === undefined ? null : { reason } },
      usage: responsesUsage(end.usage ?? NO_TOKENS, reasoned),
      service_tier: servedTier(end.tier),
    });
    return [...closed, { type: `response.${status}`, response }];
  }

  return function eventsOf(raw: ModelEvent): readonly ResponseEvent[] {
    const events = [...first()];
    for (const event of answered(raw)) {
      reasoned ||= event.type === 'reasoning' || event.type === 'redacted_reasoning';
      events.push(...(event.type === 'end' ? last(event) : items.take(event)));
    }
    return told(events);
  };
}

function responseOf({ call, echo }: OpenAiResponsesRequest, id: EventId, differs: object) {
  return {
    ...{ id: `resp_${id}`, object: 'response', created_at: Math.floor(eventTimeMs(id) / 1000) },
    ...{ error: null, incomplete_details: null, model: call.modelRequested },
    ...echo,
    ...differs,
  };
}
