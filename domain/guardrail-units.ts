import type { JsonObject } from './converse.ts';
import { isCount } from './meters.ts';
import type { ModelCall } from './model-call.ts';
import { sumOther } from './other-meters.ts';
import type { OtherMeters } from './other-meters.ts';
import { inputTokenBound } from './token-bounds.ts';

/**
 * Units of a guardrail's policies, as Bedrock's assessments name them → meters of the price book.
 * docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailUsage.html, read 2026-11-21.
 */
const METERS: ReadonlyMap<string, string> = new Map([
  ['topicPolicyUnits', 'guardrail_topic_unit'],
  ['contentPolicyUnits', 'guardrail_content_unit'],
  ['contentPolicyImageUnits', 'guardrail_content_image'],
  ['wordPolicyUnits', 'guardrail_word_unit'],
  ['sensitiveInformationPolicyUnits', 'guardrail_sensitive_information_unit'],
  ['contextualGroundingPolicyUnits', 'guardrail_contextual_grounding_unit'],
  ['automatedReasoningPolicyUnits', 'guardrail_automated_reasoning_unit'],
]);
/** What is free of charge, and how many policies there were: told, and never billed. */
const NOT_BILLED: ReadonlySet<string> = new Set([
  'sensitiveInformationPolicyFreeUnits',
  'automatedReasoningPolicies',
]);
/** What no book sells: a call with it waits for a price, as it is not known what it costs. */
const UNKNOWN = 'guardrail_unknown_unit';
/** One unit of a guardrail that nobody counted. */
export const UNCOUNTED_GUARDRAIL: OtherMeters = { [UNKNOWN]: 1 };

/** Assessments lie this deep in a trace, and no deeper. */
const DEEPEST = 6;

/**
 * Units in the trace of a guardrail, input and output together: Converse's `trace`, or what InvokeModel
 * puts into a body as `amazon-bedrock-trace`. The two name their parts otherwise; every assessment in
 * either says its units in `invocationMetrics.usage`.
 *
 * @returns undefined where no assessment says any, which is not none: it is not known.
 */
export function guardrailUnits(trace: unknown): OtherMeters | undefined {
  const usages = usagesIn(trace, DEEPEST);
  if (usages.length === 0) return undefined;
  return usages.map(unitsOf).reduce(sumOther, {});
}

/** The same of a body, or of a chunk of one. */
export function guardrailUnitsInBody(body: unknown): OtherMeters | undefined {
  return isFields(body) ? guardrailUnits(body['amazon-bedrock-trace']) : undefined;
}

function usagesIn(value: unknown, depth: number): readonly JsonObject[] {
  if (depth === 0 || typeof value !== 'object' || value === null) return [];
  const { invocationMetrics: metrics } = value as JsonObject;
  if (isFields(metrics) && isFields(metrics['usage'])) return [metrics['usage']];
  return Object.values(value).flatMap((one) => usagesIn(one, depth - 1));
}

function unitsOf(usage: JsonObject): OtherMeters {
  const units = Object.entries(usage).flatMap(([name, count]): [string, number][] => {
    if (count === 0 || NOT_BILLED.has(name)) return [];
    const meter = METERS.get(name);
    return meter !== undefined && isCount(count) ? [[meter, count]] : [[UNKNOWN, 1]];
  });
  return units.map(([meter, count]) => ({ [meter]: count })).reduce(sumOther, {});
}

const PREFIX = 'x-amzn-bedrock-';
/** Request headers of InvokeModel that name a guardrail and ask for its trace. */
export const GUARDRAIL_HEADERS = {
  id: `${PREFIX}guardrailidentifier`,
  version: `${PREFIX}guardrailversion`,
  trace: `${PREFIX}trace`,
} as const;

/** Is a guardrail applied to the call? */
export function isGuarded(call: ModelCall): boolean {
  return call.kind === 'converse'
    ? call.request.guardrailConfig !== undefined
    : call.headers[GUARDRAIL_HEADERS.id] !== undefined;
}

/** The call, its guardrail's units told in the answer: without a trace nobody would say what they were. */
export function withGuardrailTrace<Call extends ModelCall>(call: Call): Call {
  if (!isGuarded(call)) return call;
  if (call.kind === 'invoke') {
    return { ...call, headers: { ...call.headers, [GUARDRAIL_HEADERS.trace]: 'ENABLED' } };
  }
  const { guardrailConfig } = call.request;
  if (guardrailConfig?.['trace'] === 'enabled_full') return call;
  const config = { ...guardrailConfig, trace: 'enabled' };
  return { ...call, request: { ...call.request, guardrailConfig: config } };
}

/** A text unit is up to so many characters. */
const UNIT_CHARACTERS = 1000;
/** Longer than the tokens of any text that people write; output is held by it. */
const CHARACTERS_PER_TOKEN = 16;

/**
 * Units that the guardrail of a call can come to, each policy at most: nobody knows before the call which
 * of them it has. Empty for a call without one.
 */
export function guardrailBound(call: ModelCall): OtherMeters {
  if (!isGuarded(call)) return {};
  const [parts, answers] =
    call.kind === 'converse'
      ? [partsOf(call.request), 1]
      : [call.bodies.length, call.bodies.length];
  const read = Math.ceil(inputTokenBound(call) / UNIT_CHARACTERS) + parts;
  const characters = (call.maxTokens ?? 0) * CHARACTERS_PER_TOKEN;
  const written = (Math.ceil(characters / UNIT_CHARACTERS) + 1) * answers;
  return Object.fromEntries([...METERS.values()].map((meter) => [meter, read + written]));
}

/** Parts of a conversation; each may be rounded up to a unit of its own, and be a picture. */
function partsOf({ messages, system = [] }: (ModelCall & { kind: 'converse' })['request']): number {
  const blocks = [...system, ...messages.flatMap(({ content }) => content)];
  return blocks.reduce((sum, { toolResult }) => sum + 1 + (toolResult?.content.length ?? 0), 0);
}

function isFields(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
