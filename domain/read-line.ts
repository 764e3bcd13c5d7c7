import { EVENT_ID_LENGTH, eventTimeMs, isEventId } from './event-id.ts';
import type { EventId } from './event-id.ts';
import { END_STAMP_MS } from './instant.ts';
import {
  beginScan,
  isWhole,
  passUpTo,
  skip,
  take,
  takeCount,
  takeCountOrNull,
  takeTextOrNull,
  takeWord,
} from './line-scan.ts';
import type { Scan } from './line-scan.ts';
import { TOKENS_MAX } from './meters.ts';
import type { PicoUsd } from './money.ts';
import { USAGE_SOURCES } from './usage-event.ts';
import type { UsageEvent } from './usage-event.ts';
import {
  MAC_LABEL,
  MAC_LENGTH,
  USAGE_LINE_VERSION,
  isStamp,
  isTextOf,
  parseUsageLine,
  readReserved,
} from './usage-line.ts';
import type { LineFault } from './usage-line.ts';

/** What many calls have in common: every field between the instant of admission and the status. */
export type Labels = Pick<
  UsageEvent,
  | 'tenant'
  | 'cost_center'
  | 'key'
  | 'project'
  | 'api'
  | 'model_requested'
  | 'model'
  | 'scope'
  | 'region'
  | 'tier'
  | 'mode'
  | 'latency_class'
  | 'context'
  | 'outcome'
>;

/** A line that was read. Equal labels of canonical lines are one object, most of the time. */
export type ReadLine =
  | { readonly ok: true; readonly event: UsageEvent; readonly labels: Labels }
  | { readonly ok: false; readonly fault: LineFault };

/** So many kinds of calls are known at once; a window has some hundreds. */
const KNOWN_LABELS = 4096;

const HEAD = `{"tollbook":"${USAGE_LINE_VERSION}","id":"`;
const BOOLEANS = ['true', 'false'] as const;
const STATUS_MAX = 599;
const ATTEMPT_MAX = 99;

/**
 * Reads the lines of a window as `parseUsageLine` does, and faster: a line in the form that
 * `encodeUsageLine` gives it is read by position, and labels that were read once are known again. Any
 * other line goes the long way. Only for lines whose MAC was checked.
 */
export class LineReader {
  readonly #known = new KnownLabels();
  readonly #scan: Scan = { line: '', at: 0, broken: false };

  read(line: string): ReadLine {
    const written = readWritten(this.#scan, line, this.#known);
    if (written) return written;
    const parsed = parseUsageLine(line);
    if (!parsed.ok) return parsed;
    const read = labelsOf(parsed.event);
    this.#known.add(read);
    return { ok: true, event: parsed.event, labels: read };
  }
}

/** Labels as they stand in lines. A text of hundreds of characters is not hashed whole: some tell it apart. */
class KnownLabels {
  readonly #byMark = new Map<number, { readonly text: string; readonly labels: Labels }[]>();
  #count = 0;

  add(labels: Labels): void {
    if (this.#count === KNOWN_LABELS) {
      this.#byMark.clear();
      this.#count = 0;
    }
    const text = JSON.stringify(labels).slice(1, -1);
    const mark = markOf(text, 0, text.length);
    const alike = this.#byMark.get(mark) ?? [];
    this.#byMark.set(mark, alike);
    alike.push({ text, labels });
    this.#count += 1;
  }

  /** The labels that a line has in `[from, to)`. */
  find(line: string, from: number, to: number): Labels | undefined {
    const alike = this.#byMark.get(markOf(line, from, to)) ?? [];
    return alike.find(({ text }) => text.length === to - from && line.startsWith(text, from))
      ?.labels;
  }
}

const MARK_STEP = 7;

/** A number of 30 bits from every seventh character. */
function markOf(text: string, from: number, to: number): number {
  let mark = to - from;
  for (let at = from; at < to; at += MARK_STEP) {
    mark = (Math.imul(mark, 31) + text.charCodeAt(at)) & 0x3fffffff;
  }
  return mark;
}

function labelsOf(event: UsageEvent): Labels {
  const { tenant, cost_center, key, project, api, model_requested, model } = event;
  const { scope, region, tier, mode, latency_class, context, outcome } = event;
  return {
    ...{ tenant, cost_center, key, project, api, model_requested, model, scope, region, tier },
    ...{ mode, latency_class, context, outcome },
  };
}

/** What stands before the labels of a line. */
interface Identity {
  readonly id: EventId;
  readonly attempt: number;
  readonly admittedMs: number;
}

function readIdentity(scan: Scan): Identity | undefined {
  skip(scan, HEAD);
  const id = take(scan, EVENT_ID_LENGTH);
  const attempt = takeCount(scan, '","attempt":', ATTEMPT_MAX);
  const admittedMs = takeCount(scan, ',"admitted_ms":', END_STAMP_MS);
  skip(scan, ',');
  if (scan.broken || attempt === 0 || !isStamp(admittedMs) || !isEventId(id)) return undefined;
  return eventTimeMs(id) === admittedMs ? { id, attempt, admittedMs } : undefined;
}

/** What stands before the status, if it is known. */
function takeLabels(scan: Scan, known: KnownLabels): Labels | undefined {
  const from = scan.at;
  passUpTo(scan, ',"status":');
  return scan.broken ? undefined : known.find(scan.line, from, scan.at);
}

/** A line in its one form, its labels known; undefined for any other. */
function readWritten(
  scan: Scan,
  line: string,
  known: KnownLabels,
): (ReadLine & { readonly ok: true }) | undefined {
  beginScan(scan, line);
  const identity = readIdentity(scan);
  const labels = identity && takeLabels(scan, known);
  if (!labels) return undefined;
  const event = readEvent(scan, identity, labels);
  skip(scan, MAC_LABEL);
  take(scan, MAC_LENGTH);
  skip(scan, '"}');
  const isSound = isWhole(scan) && isStamp(event.settled_ms) && hasAmount(event);
  const { upstream_id: upstream } = event;
  if (!isSound || (upstream !== null && !isTextOf('upstream_id', upstream))) return undefined;
  return { ok: true, event, labels };
}

/** Could what was held be read? */
function hasAmount(event: Omit<UsageEvent, 'reserved'> & Held): event is UsageEvent {
  return event.reserved !== undefined;
}

interface Held {
  readonly reserved: PicoUsd | null | undefined;
}

const NO_OTHER = Object.freeze({});

/** Fields in the order in which they stand; named one by one, as spreading takes as long as reading. */
function readEvent(scan: Scan, identity: Identity, labels: Labels) {
  return {
    id: identity.id,
    attempt: identity.attempt,
    admitted_ms: identity.admittedMs,
    tenant: labels.tenant,
    cost_center: labels.cost_center,
    key: labels.key,
    project: labels.project,
    api: labels.api,
    model_requested: labels.model_requested,
    model: labels.model,
    scope: labels.scope,
    region: labels.region,
    tier: labels.tier,
    mode: labels.mode,
    latency_class: labels.latency_class,
    context: labels.context,
    outcome: labels.outcome,
    status: takeCount(scan, ',"status":', STATUS_MAX),
    stream: takeWord(scan, ',"stream":', BOOLEANS) === 'true',
    settled_ms: takeCount(scan, ',"settled_ms":', END_STAMP_MS),
    latency_ms: takeCount(scan, ',"latency_ms":', TOKENS_MAX),
    first_byte_ms: takeCountOrNull(scan, ',"first_byte_ms":', TOKENS_MAX),
    input: takeCount(scan, ',"input":', TOKENS_MAX),
    cache_read: takeCount(scan, ',"cache_read":', TOKENS_MAX),
    cache_write_5m: takeCount(scan, ',"cache_write_5m":', TOKENS_MAX),
    cache_write_1h: takeCount(scan, ',"cache_write_1h":', TOKENS_MAX),
    output: takeCount(scan, ',"output":', TOKENS_MAX),
    other: NO_OTHER,
    usage_source: takeWord(scan, ',"other":{},"usage_source":"', USAGE_SOURCES),
    reserved: readReserved(takeTextOrNull(scan, '","reserved":')),
    upstream_id: takeTextOrNull(scan, ',"upstream_id":'),
  };
}
