import type { JsonObject } from '../../domain/converse.ts';
import { guardrailUnits } from '../../domain/guardrail-units.ts';
import { isCount } from '../../domain/meters.ts';
import { STOP_REASONS } from '../../domain/model-call.ts';
import type { ModelEnd, ModelEvent, StopReason } from '../../domain/model-call.ts';
import { sumOther } from '../../domain/other-meters.ts';
import type { OtherMeters } from '../../domain/other-meters.ts';
import { servedLatency, servedTier, usageOfConverse } from '../../domain/reported-usage.ts';

/**
 * What Converse answers, as the wire has it (bedrock-runtime 2023-09-30): bytes are base64 text. Every
 * client of Bedrock reads it here, whatever carries it.
 */

/** One block of a whole answer, or the difference one piece of a stream makes to a block. */
export interface WireBlock {
  readonly text?: string;
  readonly toolUse?: {
    readonly toolUseId?: string;
    readonly name?: string;
    readonly input?: unknown;
  };
  readonly reasoningContent?: {
    /** In a whole answer. */
    readonly reasoningText?: { readonly text?: string; readonly signature?: string };
    /** In a stream. */
    readonly text?: string;
    readonly signature?: string;
    readonly redactedContent?: string;
  };
  readonly citationsContent?: {
    readonly content?: readonly { readonly text?: string }[];
    readonly citations?: readonly unknown[];
  };
}

/** One event of Converse's stream: its payload under the name of its type. */
export interface ConversePiece {
  readonly messageStart?: unknown;
  readonly contentBlockStart?: { readonly start?: WireBlock };
  readonly contentBlockDelta?: { readonly delta?: WireBlock };
  readonly contentBlockStop?: unknown;
  readonly messageStop?: LastWords;
  readonly metadata?: LastWords;
}

/** What Converse says last: of a whole answer, or in its stream's last two events. */
export interface LastWords {
  readonly stopReason?: string;
  readonly usage?: unknown;
  readonly metrics?: unknown;
  readonly trace?: unknown;
  readonly performanceConfig?: { readonly latency?: string };
  readonly serviceTier?: { readonly type?: string };
  readonly additionalModelResponseFields?: unknown;
}

/** Reads the pieces of one stream, in order; the event that says what was used is the last. */
export function createConverseReader(upstreamId: string) {
  let last: LastWords = {};
  return function read(piece: ConversePiece): readonly ModelEvent[] {
    if (piece.metadata) return [endOfConverse({ ...last, ...piece.metadata }, upstreamId)];
    if (piece.messageStop) last = { ...last, ...piece.messageStop };
    return eventsOfPiece(piece);
  };
}

/** Has any of the answer come with this piece? */
export function isBeginning({ messageStart }: ConversePiece): boolean {
  return messageStart === undefined;
}

/** An empty delta says nothing. */
function eventsOfPiece(piece: ConversePiece): readonly ModelEvent[] {
  const { contentBlockStart, contentBlockDelta, contentBlockStop } = piece;
  if (contentBlockDelta?.delta) return [eventOfDelta(contentBlockDelta.delta)];
  if (contentBlockStop) return [{ type: 'block_end' }];
  const tool = contentBlockStart?.start?.toolUse;
  if (!tool) return [];
  return [{ type: 'tool_use', toolUseId: tool.toolUseId ?? '', name: tool.name ?? '' }];
}

function eventOfDelta(delta: WireBlock): ModelEvent {
  const { text, toolUse, reasoningContent: reasoning } = delta;
  if (text !== undefined) return { type: 'text', text };
  if (toolUse) return { type: 'tool_input', json: (toolUse.input ?? '') as string };
  const native = { type: 'native', delta: delta as JsonObject } as const;
  if (!reasoning) return native;
  const { text: thought, signature, redactedContent } = reasoning;
  if (thought !== undefined) return { type: 'reasoning', text: thought };
  if (signature !== undefined) return { type: 'reasoning_signature', signature };
  return redactedContent ? { type: 'redacted_reasoning', data: redactedContent } : native;
}

/** Events of one block of a whole answer, its end among them. */
export function eventsOfBlock(block: WireBlock): readonly ModelEvent[] {
  return [...openedBlock(block), { type: 'block_end' }];
}

function openedBlock(block: WireBlock): readonly ModelEvent[] {
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
      ...citations.map((citation) => ({ type: 'native', delta: { citation } }) as const),
    ];
  }
  const { reasoningText, redactedContent } = reasoningContent ?? {};
  if (redactedContent) return [{ type: 'redacted_reasoning', data: redactedContent }];
  if (!reasoningText) return [{ type: 'native', delta: block as JsonObject }];
  const { text: thought = '', signature } = reasoningText;
  return [
    { type: 'reasoning', text: thought },
    ...(signature === undefined ? [] : [{ type: 'reasoning_signature', signature } as const]),
  ];
}

/** The end of an answer. */
export function endOfConverse(said: LastWords, upstreamId: string): ModelEnd {
  const { stopReason, usage, serviceTier, performanceConfig } = said;
  const { metrics, trace, additionalModelResponseFields } = said;
  const last = { metrics, trace, performanceConfig, serviceTier, additionalModelResponseFields };
  const details = Object.entries(last).filter(([, value]) => value !== undefined);
  const other = otherOfConverse(said);
  return {
    type: 'end',
    stopReason: knownStopReason(stopReason),
    usage: usageOfConverse(usage),
    tier: servedTier(serviceTier?.type),
    latencyClass: servedLatency(performanceConfig?.latency),
    upstreamId,
    ...(other && { other }),
    details: Object.fromEntries(details),
  };
}

/** Units of a guardrail, and searches that the model made. Undefined where nothing is said of either. */
function otherOfConverse({ trace, usage }: LastWords): OtherMeters | undefined {
  const units = guardrailUnits(trace);
  const searches = searchesIn(usage);
  return units || searches ? sumOther(units ?? {}, searches ?? {}) : undefined;
}

/** A meter that no offer is known to sell: a call with it waits for a price of the operator's own. */
function searchesIn(usage: unknown): OtherMeters | undefined {
  const { serverToolUsage: tools } = (usage ?? {}) as { readonly serverToolUsage?: unknown };
  const { webSearchRequests: count } = (tools ?? {}) as { readonly webSearchRequests?: unknown };
  return isCount(count) && count > 0 ? { web_search_request: count } : undefined;
}

/** A reason that is newer than this gateway ends a turn, as all of them do. */
function knownStopReason(reason: string | undefined): StopReason {
  return STOP_REASONS.find((known) => known === reason) ?? 'end_turn';
}
