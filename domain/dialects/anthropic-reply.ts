import { contentOf } from '../converse-blocks.ts';
import type { ContentBlock, JsonObject } from '../converse.ts';
import type { EventId } from '../event-id.ts';
import { NO_TOKENS } from '../meters.ts';
import type { TokenUsage } from '../meters.ts';
import type { ConverseCall, ModelEnd, ModelEvent, StopReason } from '../model-call.ts';
import { anthropicCitation } from './anthropic-citations.ts';

const STOP_REASONS = {
  end_turn: 'end_turn',
  stop_sequence: 'stop_sequence',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  model_context_window_exceeded: 'model_context_window_exceeded',
  content_filtered: 'refusal',
  guardrail_intervened: 'refusal',
  malformed_model_output: 'end_turn',
  malformed_tool_use: 'end_turn',
} as const satisfies Record<StopReason, string>;

/** Tokens in Anthropic's words: `input_tokens` leaves out what was read from or written to a cache. */
export function anthropicUsage(usage: TokenUsage) {
  const { input, cache_read, cache_write_5m, cache_write_1h, output } = usage;
  return {
    input_tokens: input,
    cache_creation_input_tokens: cache_write_5m + cache_write_1h,
    cache_read_input_tokens: cache_read,
    cache_creation: {
      ephemeral_5m_input_tokens: cache_write_5m,
      ephemeral_1h_input_tokens: cache_write_1h,
    },
    output_tokens: output,
  };
}

/** How an answer ended, in Anthropic's words. */
export function anthropicStop(end: ModelEnd | undefined) {
  const extra = end?.details?.['additionalModelResponseFields'] as JsonObject | null | undefined;
  const met = extra?.['stop_sequence'];
  return {
    stop_reason: STOP_REASONS[end?.stopReason ?? 'end_turn'],
    stop_sequence: typeof met === 'string' ? met : null,
    stop_details: null,
  };
}

/** The head of an answer: what is known before the model says anything. */
export function anthropicHead(id: EventId, model: string) {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model, container: null } as const;
}

/** Only Converse has words for a delta of this kind: a picture in the middle of an answer. */
export function isForeign(event: ModelEvent): boolean {
  return event.type === 'native' && !('citation' in event.delta);
}

/** The whole answer to a call that was not streamed, from all its events. */
export function anthropicMessage(call: ConverseCall, id: EventId, events: readonly ModelEvent[]) {
  const end = events.find((event) => event.type === 'end');
  const content = contentOf(events.filter((event) => !isForeign(event))).flatMap(anthropicBlock);
  const usage = {
    ...anthropicUsage(end?.usage ?? NO_TOKENS),
    service_tier: end?.tier ?? 'standard',
  };
  return { ...anthropicHead(id, call.modelRequested), content, ...anthropicStop(end), usage };
}

function anthropicBlock(block: ContentBlock): readonly JsonObject[] {
  const { text, toolUse, reasoningContent } = block;
  if (text !== undefined) return [{ type: 'text', text, citations: null }];
  if (toolUse) {
    const { toolUseId: id, name, input } = toolUse;
    return [{ type: 'tool_use', id, name, input, caller: { type: 'direct' } }];
  }
  if (reasoningContent?.reasoningText) {
    const { text: thinking, signature = '' } = reasoningContent.reasoningText;
    return [{ type: 'thinking', thinking, signature }];
  }
  if (reasoningContent) {
    return [{ type: 'redacted_thinking', data: reasoningContent.redactedContent ?? '' }];
  }
  const cited = block['citationsContent'] as
    | { readonly content: readonly { readonly text: string }[]; readonly citations: JsonObject[] }
    | undefined;
  if (!cited) return [];
  const citations = cited.citations.flatMap((one) => anthropicCitation(one) ?? []);
  return [{ type: 'text', text: cited.content.map((one) => one.text).join(''), citations }];
}
