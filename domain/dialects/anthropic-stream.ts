import { createBlockReader } from '../converse-blocks.ts';
import type { BlockDelta, BlockStep } from '../converse-blocks.ts';
import type { JsonObject } from '../converse.ts';
import type { EventId } from '../event-id.ts';
import { NO_TOKENS } from '../meters.ts';
import type { ConverseCall, ModelEvent } from '../model-call.ts';
import { anthropicCitation } from './anthropic-citations.ts';
import { anthropicHead, anthropicStop, anthropicUsage, isForeign } from './anthropic-reply.ts';
import { serverSentEvent } from './server-sent-events.ts';

/**
 * Turns events one by one into Anthropic's named server-sent events. What was used is known when the
 * model has ended: `message_start` says nothing of it, `message_delta` all.
 */
export function createAnthropicStream(call: ConverseCall, id: EventId) {
  const stepsOf = createBlockReader();
  let begun = false;

  function begin(): readonly string[] {
    if (begun) return [];
    begun = true;
    const open = { content: [], stop_reason: null, stop_sequence: null, stop_details: null };
    const usage = { ...anthropicUsage(NO_TOKENS), service_tier: 'standard' };
    const message = { ...anthropicHead(id, call.modelRequested), ...open, usage };
    return [named({ type: 'message_start', message })];
  }

  return function piecesOf(event: ModelEvent): readonly string[] {
    if (isForeign(event)) return begin();
    const pieces = [...begin(), ...stepsOf(event).flatMap(eventsOf).map(named)];
    if (event.type !== 'end') return pieces;
    const usage = anthropicUsage(event.usage ?? NO_TOKENS);
    const delta = { ...anthropicStop(event), container: null };
    pieces.push(named({ type: 'message_delta', delta, usage }), named({ type: 'message_stop' }));
    return pieces;
  };
}

interface NamedEvent {
  readonly type: string;
  readonly [more: string]: unknown;
}

function named(event: NamedEvent): string {
  return serverSentEvent(JSON.stringify(event), event.type);
}

function eventsOf(step: BlockStep): readonly NamedEvent[] {
  const { index, kind } = step;
  if (step.type === 'stop') return [{ type: 'content_block_stop', index }];
  if (step.type === 'start') {
    // Reasoning that nobody can read has no delta: it comes with its start, below.
    if (kind === 'redacted') return [];
    return [{ type: 'content_block_start', index, content_block: emptyBlock(step) }];
  }
  if (kind === 'redacted') {
    const { redactedContent: data } = reasoningIn(step.delta);
    const block = { type: 'redacted_thinking', data };
    return [{ type: 'content_block_start', index, content_block: block }];
  }
  const delta = deltaOf(step.delta);
  return delta ? [{ type: 'content_block_delta', index, delta }] : [];
}

function emptyBlock({ kind, tool }: Extract<BlockStep, { readonly type: 'start' }>): JsonObject {
  if (kind === 'reasoning') return { type: 'thinking', thinking: '', signature: '' };
  if (kind === 'text') return { type: 'text', text: '', citations: null };
  const { toolUseId: id = '', name = '' } = tool ?? {};
  return { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } };
}

function deltaOf(delta: BlockDelta): JsonObject | undefined {
  if ('text' in delta) return { type: 'text_delta', text: delta.text };
  if ('toolUse' in delta) {
    const { input } = delta.toolUse as { readonly input: string };
    return { type: 'input_json_delta', partial_json: input };
  }
  if ('citation' in delta) {
    const citation = anthropicCitation(delta['citation'] as JsonObject);
    return citation && { type: 'citations_delta', citation };
  }
  const { text, signature } = reasoningIn(delta);
  return signature === undefined
    ? { type: 'thinking_delta', thinking: text }
    : { type: 'signature_delta', signature };
}

function reasoningIn(delta: BlockDelta): Readonly<Partial<Record<string, string>>> {
  return (delta as { readonly reasoningContent: Readonly<Partial<Record<string, string>>> })
    .reasoningContent;
}
