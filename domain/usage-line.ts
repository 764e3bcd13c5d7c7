import { eventTimeMs, firstEventIdAt, isEventId } from './event-id.ts';
import { END_STAMP_MS, FIRST_STAMP_MS } from './instant.ts';
import { TOKEN_METERS, TOKENS_MAX, isCount } from './meters.ts';
import { CALL_LIMIT_PUSD, formatUsd, parseUsd, picoUsd } from './money.ts';
import type { PicoUsd } from './money.ts';
import type { OtherMeters } from './other-meters.ts';
import { OTHER_METERS_MAX, UNTOLD, namedForLine, namedInFull } from './other-meters.ts';
import * as words from './usage-event.ts';
import type { UsageEvent } from './usage-event.ts';

/**
 * The usage line: one line of compact ASCII JSON per attempt, its fields in one order, its MAC last.
 * The MAC covers the line's own bytes before `,"mac"`, so nobody needs to re-encode to check it.
 */
export const USAGE_LINE_VERSION = 'usage/1';
/** How every usage line of this version begins, up to its id. */
export const LINE_HEAD = `{"tollbook":"${USAGE_LINE_VERSION}","id":"`;
/** What tells a usage line from anything else that a log may hold. */
export const USAGE_LINE_MARKER = '"tollbook":"usage/';
/** A usage line is shorter than this, in bytes. */
export const USAGE_LINE_LIMIT = 900;

/** Signs a line up to `,"mac"`, as text or as its bytes: HMAC-SHA256, base64url without padding. */
export type LineMac = (signed: string | Uint8Array) => string;

/** Why a line cannot be used. Names the field, never its content. */
export type LineFault = string;

export type ParsedLine =
  | { readonly ok: true; readonly event: UsageEvent }
  | { readonly ok: false; readonly fault: LineFault };

/** What stands before a line's MAC, and how long that is. */
export const MAC_LABEL = ',"mac":"';
export const MAC_LENGTH = 43;
/** Characters of a line from its MAC's label to its end. */
export const MAC_TAIL = MAC_LABEL.length + MAC_LENGTH + 2;
const FIELD_COUNT = 33;
const TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const METER_NAME = /^[a-z][a-z0-9_]{0,39}$/;

/** Longest text per field. All of them at once are too long for a line: see `encodeUsageLine`. */
export const TEXT_LIMITS = {
  tenant: 28,
  cost_center: 40,
  key: 16,
  project: 40,
  api: 24,
  model_requested: 128,
  model: 64,
  region: 16,
  upstream_id: 40,
} as const;

/** An event that no line can carry: our own mistake, found before anything is written. */
export class UsageLineError extends Error {
  override readonly name = 'UsageLineError';
}

/**
 * Writes the usage line of an event, without the line feed. Where it would be too long,
 * `model_requested`, the caller's own words, is cut, then `upstream_id` left out, and at last `other`
 * becomes one meter that nobody sells: the call was made and must be counted.
 *
 * @throws UsageLineError if a field is out of its range, so that no unreadable line is ever written.
 */
export function encodeUsageLine(event: UsageEvent, mac: LineMac): string {
  const fields = fieldsOf(event);
  const reserved = readReserved(fields.reserved) === undefined ? 'field reserved' : null;
  const fault = valueFault(fields) ?? reserved;
  if (fault !== null) throw new UsageLineError(`usage line of ${event.id}: ${fault}`);
  const whole = textOf(fields);
  const signed = excessOf(whole) <= 0 ? whole : cutText(event, whole);
  return `${signed}${MAC_LABEL}${mac(signed)}"}`;
}

/** Texts of a line that are known before the call is made. */
type CallNames = Pick<
  UsageEvent,
  'tenant' | 'cost_center' | 'key' | 'project' | 'api' | 'model_requested' | 'model' | 'region'
>;

/** Can these texts be metered, whatever a call with them comes to? Asked before it is admitted. */
export function fitsUsageLine(names: CallNames): boolean {
  if (FRAME_LENGTH + namesText(names).length < USAGE_LINE_LIMIT) return true;
  const { tenant, cost_center, key, project, api, model_requested, model, region } = names;
  const texts = { tenant, cost_center, key, project, api, model_requested, model, region };
  const longest = { ...LONGEST, ...texts, other: UNTOLD };
  try {
    return cutText(longest, signedText(longest)) !== '';
  } catch (error) {
    if (error instanceof UsageLineError) return false;
    throw error;
  }
}

/** What stands in a line for the names of a call, but for how they are told apart. */
function namesText(names: CallNames): string {
  const { tenant, cost_center, key, project, api, model_requested, model, region } = names;
  return JSON.stringify([tenant, cost_center, key, project, api, model_requested, model, region]);
}

/** The longest line without other meters, but for its names. */
const LONGEST: UsageEvent = {
  ...{ id: firstEventIdAt(FIRST_STAMP_MS), attempt: 99, admitted_ms: FIRST_STAMP_MS },
  ...{ tenant: '', cost_center: '', key: '', project: '', api: '', model_requested: '' },
  ...{ model: '', scope: 'regional', region: '', tier: 'standard', mode: 'on_demand' },
  ...{ latency_class: 'optimized', context: 'base', outcome: 'upstream_error', status: 599 },
  ...{ stream: false, settled_ms: FIRST_STAMP_MS, latency_ms: TOKENS_MAX },
  ...{ first_byte_ms: TOKENS_MAX, input: TOKENS_MAX, cache_read: TOKENS_MAX },
  ...{ cache_write_5m: TOKENS_MAX, cache_write_1h: TOKENS_MAX, output: TOKENS_MAX, other: {} },
  ...{ usage_source: 'estimated', reserved: picoUsd(CALL_LIMIT_PUSD - 1n) },
  upstream_id: 'x'.repeat(40),
};
/** Its characters: every call is asked. */
const FRAME_LENGTH = signedText(LONGEST).length + MAC_TAIL - namesText(LONGEST).length;

/** A model id is recognisable by so much of its head. */
const MODEL_REQUESTED_MIN = 16;

/** The line of an event that is too long as it is. */
function cutText(event: UsageEvent, whole: string): string {
  const excess = excessOf(whole);
  const { length } = event.model_requested;
  const kept = Math.max(length - excess, Math.min(length, MODEL_REQUESTED_MIN));
  const cut = { ...event, model_requested: event.model_requested.slice(0, kept) };
  const bare = { ...cut, upstream_id: null };
  const hasOther = Object.keys(event.other).length > 0;
  const fitting = [cut, bare, ...(hasOther ? [{ ...bare, other: UNTOLD }] : [])].map(signedText);
  const text = fitting.find((one) => excessOf(one) <= 0);
  if (text === undefined) {
    const got = whole.length + MAC_TAIL;
    throw new UsageLineError(
      `usage line of ${event.id}: got ${got} bytes, expected under ${USAGE_LINE_LIMIT}`,
    );
  }
  return text;
}

function signedText(event: UsageEvent): string {
  return textOf(fieldsOf(event));
}

function textOf(fields: object): string {
  return JSON.stringify(fields).slice(0, -1);
}

/** How many characters too long a line is with its MAC. */
function excessOf(signed: string): number {
  return signed.length + MAC_TAIL - (USAGE_LINE_LIMIT - 1);
}

/** The fields in their one order, one by one: it is done for every call, and a spread is slow. */
function fieldsOf(event: UsageEvent) {
  return {
    tollbook: USAGE_LINE_VERSION,
    id: event.id,
    attempt: event.attempt,
    admitted_ms: event.admitted_ms,
    tenant: event.tenant,
    cost_center: event.cost_center,
    key: event.key,
    project: event.project,
    api: event.api,
    model_requested: event.model_requested,
    model: event.model,
    scope: event.scope,
    region: event.region,
    tier: event.tier,
    mode: event.mode,
    latency_class: event.latency_class,
    context: event.context,
    outcome: event.outcome,
    status: event.status,
    stream: event.stream,
    settled_ms: event.settled_ms,
    latency_ms: event.latency_ms,
    first_byte_ms: event.first_byte_ms,
    input: event.input,
    cache_read: event.cache_read,
    cache_write_5m: event.cache_write_5m,
    cache_write_1h: event.cache_write_1h,
    output: event.output,
    // A name that no line can have is no meters at all: `valueFault` refuses it.
    other: namedForLine(event.other) ?? null,
    usage_source: event.usage_source,
    reserved: event.reserved === null ? null : formatUsd(event.reserved),
    upstream_id: event.upstream_id,
  };
}

/** Reads a line whose MAC was checked. Strict: exact fields, exact types, whole counts. */
export function parseUsageLine(line: string): ParsedLine {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return { ok: false, fault: 'not JSON' };
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    return { ok: false, fault: 'not a JSON object' };
  }
  const fault = faultOf(fields as Record<string, unknown>);
  if (fault !== null) return { ok: false, fault };
  const event = fields as Omit<UsageEvent, 'reserved' | 'other'> & Unread;
  const reserved = readReserved(event.reserved);
  if (reserved === undefined) return { ok: false, fault: 'field reserved' };
  const other = namedInFull(event.other);
  if (other === undefined) return { ok: false, fault: 'field other' };
  // The object of JSON.parse is the event; only money changes its type, and meters their names.
  event.reserved = reserved;
  event.other = other;
  return { ok: true, event: event as UsageEvent };
}

/** Fields of a line that an event holds otherwise. */
interface Unread {
  reserved: unknown;
  other: OtherMeters;
}

function faultOf(line: Record<string, unknown>): LineFault | null {
  if (line['tollbook'] !== USAGE_LINE_VERSION) return 'unknown version';
  let fields = 0;
  for (const _field in line) fields += 1;
  if (fields !== FIELD_COUNT) return 'unknown or missing fields';
  return valueFault(line);
}

/** What is wrong with the fields that a line has, but for its version and what was reserved. */
function valueFault(line: Readonly<Record<string, unknown>>): LineFault | null {
  return identityFault(line) ?? wordFault(line) ?? textFault(line) ?? quantityFault(line);
}

function identityFault(line: Readonly<Record<string, unknown>>): LineFault | null {
  const { id, attempt, admitted_ms: admittedMs, settled_ms: settledMs } = line;
  if (typeof id !== 'string' || !isEventId(id)) return 'field id';
  if (!isCount(attempt) || attempt < 1 || attempt > 99) return 'field attempt';
  if (!isStamp(admittedMs)) return 'field admitted_ms';
  if (!isStamp(settledMs)) return 'field settled_ms';
  return eventTimeMs(id) === admittedMs ? null : 'id and admitted_ms differ';
}

/** Can a usage line hold this instant? UTC ms. */
export function isStamp(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= FIRST_STAMP_MS && Number(value) < END_STAMP_MS;
}

const WORDS: readonly (readonly [string, ReadonlySet<unknown>])[] = [
  ['scope', new Set(words.SCOPES)],
  ['tier', new Set(words.TIERS)],
  ['mode', new Set(words.MODES)],
  ['latency_class', new Set(words.LATENCY_CLASSES)],
  ['context', new Set(words.CONTEXTS)],
  ['outcome', new Set(words.OUTCOMES)],
  ['usage_source', new Set(words.USAGE_SOURCES)],
  ['stream', new Set([true, false])],
];

function wordFault(line: Readonly<Record<string, unknown>>): LineFault | null {
  for (const [field, allowed] of WORDS) if (!allowed.has(line[field])) return `field ${field}`;
  return null;
}

const NULLABLE: ReadonlySet<string> = new Set(['cost_center', 'project', 'upstream_id']);
const LIMITED_TEXTS = Object.entries(TEXT_LIMITS);

function textFault(line: Readonly<Record<string, unknown>>): LineFault | null {
  for (const [field, limit] of LIMITED_TEXTS) {
    const value = line[field];
    if (value === null && NULLABLE.has(field)) continue;
    if (typeof value !== 'string' || !isText(value, limit)) return `field ${field}`;
  }
  return null;
}

function isText(value: string, limit: number): boolean {
  return value !== '' && value.length <= limit && TEXT.test(value);
}

/** Can this field hold the text? */
export function isTextOf(field: keyof typeof TEXT_LIMITS, value: string): boolean {
  return isText(value, TEXT_LIMITS[field]);
}

function quantityFault(line: Readonly<Record<string, unknown>>): LineFault | null {
  for (const meter of TOKEN_METERS) if (!isCount(line[meter])) return `field ${meter}`;
  if (!isCount(line['status']) || line['status'] > 599) return 'field status';
  if (!isCount(line['latency_ms'])) return 'field latency_ms';
  if (line['first_byte_ms'] !== null && !isCount(line['first_byte_ms'])) {
    return 'field first_byte_ms';
  }
  return isOther(line['other']) ? null : 'field other';
}

function isOther(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= OTHER_METERS_MAX &&
    entries.every(([meter, quantity]) => METER_NAME.test(meter) && isCount(quantity))
  );
}

/** What was held, written as `formatUsd` writes it; undefined if it is anything else. */
export function readReserved(value: unknown): PicoUsd | null | undefined {
  if (value === null) return null;
  if (typeof value !== 'string' || (value.includes('.') && value.endsWith('0'))) return undefined;
  try {
    const amount = parseUsd(value);
    return amount >= 0n && amount < CALL_LIMIT_PUSD && !value.startsWith('-') ? amount : undefined;
  } catch {
    return undefined;
  }
}
