import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { mintEventId } from '../../domain/event-id.ts';
import type { EventId } from '../../domain/event-id.ts';
import { END_STAMP_MS, FIRST_STAMP_MS } from '../../domain/instant.ts';
import { TOKENS_MAX } from '../../domain/meters.ts';
import { picoUsd } from '../../domain/money.ts';
import * as words from '../../domain/usage-event.ts';
import { namedForLine } from '../../domain/other-meters.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { TEXT_LIMITS, encodeUsageLine } from '../../domain/usage-line.ts';
import type { LineMac } from '../../domain/usage-line.ts';

/** 2026-02-01T12:00:00.000Z. */
export const NOON_MS = Date.UTC(2026, 1, 1, 12);

const KEY = Buffer.alloc(32, 7);

/** The MAC of the tests' own key, by Node's HMAC: another code than the product's. */
export const testMac: LineMac = (signed) =>
  createHmac('sha256', KEY).update(signed).digest('base64url');

/** An id whose random bytes are all the same. */
export function idAt(ms: number, byte = 0): EventId {
  return mintEventId(ms, new Uint8Array(10).fill(byte));
}

/** One answered call of 100 tokens in and 20 out, admitted at noon, but for what is said. */
export function usageEvent(differs: Partial<UsageEvent> = {}): UsageEvent {
  const admitted = differs.admitted_ms ?? NOON_MS;
  return {
    ...{ id: idAt(admitted), attempt: 1, admitted_ms: admitted },
    ...{ tenant: 'tn_a', cost_center: 'retail', key: 'k1', project: null, api: 'openai.chat' },
    ...{ model_requested: 'amazon.nova-lite-v1:0', model: 'amazon.nova-lite-v1:0' },
    ...{ scope: 'regional', region: 'us-east-1', tier: 'standard', mode: 'on_demand' },
    ...{ latency_class: 'standard', context: 'base', outcome: 'ok', status: 200, stream: false },
    ...{ settled_ms: admitted + 250, latency_ms: 250, first_byte_ms: 40 },
    ...{ input: 100, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0, output: 20, other: {} },
    ...{ usage_source: 'reported', reserved: picoUsd(1n), upstream_id: 'up-1' },
    ...differs,
  };
}

/** The line of such a call, under the tests' MAC. */
export function usageLine(differs: Partial<UsageEvent> = {}): string {
  return encodeUsageLine(usageEvent(differs), testMac);
}

/** A line whose JSON was changed and that was then signed again, as only a key holder can. */
export function resigned(fields: Readonly<Record<string, unknown>>): string {
  return signed(JSON.stringify(without(fields, 'mac')).slice(0, -1));
}

/** Puts a right MAC under any text. */
export function signed(text: string): string {
  return `${text},"mac":"${testMac(text)}"}`;
}

/** The fields but those named. */
export function without(
  fields: Readonly<Record<string, unknown>>,
  ...names: readonly string[]
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** The fields of a line. */
export function fieldsOf(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}

const legalCharacter = fc
  .integer({ min: 0x20, max: 0x7e })
  .map((code) => String.fromCharCode(code))
  .filter((character) => character !== '"' && character !== '\\');

function text(limit: number): fc.Arbitrary<string> {
  return fc
    .array(legalCharacter, { minLength: 1, maxLength: limit })
    .map((characters) => characters.join(''));
}

const count = fc.integer({ min: 0, max: TOKENS_MAX });
const meterName = fc
  .stringMatching(/^[a-z][a-z0-9_]{0,39}$/)
  // The short names of a line are nobody's own.
  .filter((name) => namedForLine({ [name]: 1 }) !== undefined);
const stamp = fc.integer({ min: FIRST_STAMP_MS, max: END_STAMP_MS - 1 });

/** Every event that a line may carry. */
export const anyUsageEvent: fc.Arbitrary<UsageEvent> = fc
  .record({
    admitted_ms: stamp,
    random: fc.uint8Array({ minLength: 10, maxLength: 10 }),
    attempt: fc.integer({ min: 1, max: 99 }),
    tenant: text(TEXT_LIMITS.tenant),
    cost_center: fc.option(text(TEXT_LIMITS.cost_center)),
    key: text(TEXT_LIMITS.key),
    project: fc.option(text(TEXT_LIMITS.project)),
    api: text(TEXT_LIMITS.api),
    model_requested: text(TEXT_LIMITS.model_requested),
    model: text(TEXT_LIMITS.model),
    scope: fc.constantFrom(...words.SCOPES),
    region: text(TEXT_LIMITS.region),
    tier: fc.constantFrom(...words.TIERS),
    mode: fc.constantFrom(...words.MODES),
    latency_class: fc.constantFrom(...words.LATENCY_CLASSES),
    context: fc.constantFrom(...words.CONTEXTS),
    outcome: fc.constantFrom(...words.OUTCOMES),
    status: fc.integer({ min: 0, max: 599 }),
    stream: fc.boolean(),
    settled_ms: stamp,
    latency_ms: count,
    first_byte_ms: fc.option(count),
    ...{ input: count, cache_read: count, cache_write_5m: count, cache_write_1h: count },
    output: count,
    other: fc.dictionary(meterName, count, { maxKeys: 2, noNullPrototype: true }),
    usage_source: fc.constantFrom(...words.USAGE_SOURCES),
    reserved: fc.option(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }).map(picoUsd)),
    upstream_id: fc.option(text(TEXT_LIMITS.upstream_id)),
  })
  .map(({ random, ...fields }) => ({ ...fields, id: mintEventId(fields.admitted_ms, random) }));
