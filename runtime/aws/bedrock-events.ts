import type {
  ContentBlock,
  ContentBlockDelta,
  ConverseCommandOutput,
  ConverseStreamMetadataEvent,
  ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import type { JsonObject } from '../../domain/converse.ts';
import { STOP_REASONS } from '../../domain/model-call.ts';
import type { ModelEnd, ModelEvent, StopReason } from '../../domain/model-call.ts';
import { servedLatency, servedTier, usageOfConverse } from '../../domain/reported-usage.ts';

/** Events of one piece of Converse's stream but its last two; an empty delta says nothing. */
export function eventsOfPiece(piece: ConverseStreamOutput): readonly ModelEvent[] {
  const { contentBlockStart, contentBlockDelta, contentBlockStop } = piece;
  if (contentBlockStop) return [{ type: 'block_end' }];
  if (contentBlockDelta?.delta) return eventsOfDelta(contentBlockDelta.delta);
  const tool = contentBlockStart?.start?.toolUse;
  if (!tool) return [];
  return [{ type: 'tool_use', toolUseId: tool.toolUseId ?? '', name: tool.name ?? '' }];
}

function eventsOfDelta(delta: ContentBlockDelta): readonly ModelEvent[] {
  const { text, toolUse, reasoningContent: reasoning } = delta;
  if (text !== undefined) return [{ type: 'text', text }];
  if (toolUse) return [{ type: 'tool_input', json: toolUse.input ?? '' }];
  if (!reasoning) return [{ type: 'native', delta: jsonOf(delta) }];
  const { text: thought, signature, redactedContent } = reasoning;
  if (thought !== undefined) return [{ type: 'reasoning', text: thought }];
  if (signature !== undefined) return [{ type: 'reasoning_signature', signature }];
  if (redactedContent) return [{ type: 'redacted_reasoning', data: base64(redactedContent) }];
  return [{ type: 'native', delta: jsonOf(delta) }];
}

/** Events of one block of a whole answer, its end among them. */
export function eventsOfBlock(block: ContentBlock): readonly ModelEvent[] {
  return [...openedBlock(block), { type: 'block_end' }];
}

function openedBlock(block: ContentBlock): readonly ModelEvent[] {
  const { text, toolUse, reasoningContent, citationsContent } = block;
  if (text !== undefined) return [{ type: 'text', text }];
  if (toolUse) {
    const { toolUseId = '', name = '', input } = toolUse;
    return [
      { type: 'tool_use', toolUseId, name },
      { type: 'tool_input', json: JSON.stringify(input ?? {}) },
    ];
  }
  if (citationsContent) {
    const { content = [], citations = [] } = citationsContent;
    return [
      ...content.map(({ text: quoted }) => ({ type: 'text', text: quoted ?? '' }) as const),
      ...citations.map((citation) => {
        return { type: 'native', delta: jsonOf({ citation }) } as const;
      }),
    ];
  }
  const { reasoningText, redactedContent } = reasoningContent ?? {};
  if (redactedContent) return [{ type: 'redacted_reasoning', data: base64(redactedContent) }];
  if (!reasoningText) return [{ type: 'native', delta: jsonOf(block) }];
  const { text: thought = '', signature } = reasoningText;
  return [
    { type: 'reasoning', text: thought },
    ...(signature === undefined ? [] : [{ type: 'reasoning_signature', signature } as const]),
  ];
}

/** What Converse says last: of a whole answer, or in its stream's last two events. */
export type LastWords = Partial<Omit<ConverseCommandOutput, 'output' | '$metadata' | 'trace'>> &
  Partial<Pick<ConverseStreamMetadataEvent, 'trace'>>;

/** The end of an answer. */
export function endOf(said: LastWords, upstreamId: string): ModelEnd {
  const { stopReason, usage, serviceTier, performanceConfig } = said;
  const { metrics, trace, additionalModelResponseFields } = said;
  const last = { metrics, trace, performanceConfig, serviceTier, additionalModelResponseFields };
  const details = Object.entries(last).filter(([, value]) => value !== undefined);
  return {
    type: 'end',
    stopReason: knownStopReason(stopReason),
    usage: usageOfConverse(usage),
    tier: servedTier(serviceTier?.type),
    latencyClass: servedLatency(performanceConfig?.latency),
    upstreamId,
    details: jsonOf(Object.fromEntries(details)),
  };
}

/** A reason that is newer than this gateway ends a turn, as all of them do. */
function knownStopReason(reason: string | undefined): StopReason {
  return STOP_REASONS.find((known) => known === reason) ?? 'end_turn';
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** As the wire has it: bytes are base64 there. */
function jsonOf(value: object): JsonObject {
  return JSON.parse(JSON.stringify(wireOf(value))) as JsonObject;
}

function wireOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value)) return value.map(wireOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, wireOf(one)]));
}
