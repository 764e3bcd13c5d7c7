import type { IdentifiedLine } from './accept-lines.ts';
import { EVENT_ID_LENGTH, eventTimeMs } from './event-id.ts';
import { END_STAMP_MS } from './instant.ts';
import { KnownLabels, labelsOf } from './known-labels.ts';
import type { Labels } from './known-labels.ts';
import {
  isWhole,
  labelOf,
  pass,
  skip,
  takeCount,
  takeCountOrNull,
  takeTextOrNull,
  takeWord,
} from './line-scan.ts';
import type { Label, Scan, Word } from './line-scan.ts';
import { TOKENS_MAX } from './meters.ts';
import type { PicoUsd } from './money.ts';
import { USAGE_SOURCES } from './usage-event.ts';
import type { UsageEvent } from './usage-event.ts';
import {
  LINE_HEAD,
  MAC_LABEL,
  MAC_LENGTH,
  isStamp,
  isTextOf,
  parseUsageLine,
  readReserved,
} from './usage-line.ts';
import type { LineFault } from './usage-line.ts';

/** A line that was read. Equal labels of canonical lines are one object, most of the time. */
export type ReadLine =
  | { readonly ok: true; readonly event: UsageEvent; readonly labels: Labels }
  | { readonly ok: false; readonly fault: LineFault };

const STATUS_MAX = 599;
const ATTEMPT_MAX = 99;

/**
 * Reads the lines of a window as `parseUsageLine` does, and faster: a line in the form that
 * `encodeUsageLine` gives it is read by position, and labels that were read once are known again. Any
 * other line goes the long way. Only for lines whose MAC was checked.
 */
export class LineReader {
  readonly #known = new KnownLabels();
  #scan: Scan | undefined;

  read(line: IdentifiedLine): ReadLine {
    const written = readWritten(this.#begin(line), line, this.#known);
    if (written) return written;
    const parsed = parseUsageLine(line.batch.text(line.line));
    if (!parsed.ok) return parsed;
    const read = labelsOf(parsed.event);
    this.#known.add(read);
    return { ok: true, event: parsed.event, labels: read };
  }

  /** One scan for all lines: one for each would be as many objects to collect. */
  #begin({ batch, line }: IdentifiedLine): Scan {
    const [at, end] = [batch.start[line] ?? 0, batch.end[line] ?? 0];
    const scan = (this.#scan ??= { batch, at, end, broken: false });
    scan.batch = batch;
    scan.at = at;
    scan.end = end;
    scan.broken = false;
    return scan;
  }
}

const L = {
  head: labelOf(LINE_HEAD),
  attempt: labelOf('","attempt":'),
  admittedMs: labelOf(',"admitted_ms":'),
  comma: labelOf(','),
  status: labelOf(',"status":'),
  stream: labelOf(',"stream":'),
  settledMs: labelOf(',"settled_ms":'),
  latencyMs: labelOf(',"latency_ms":'),
  firstByteMs: labelOf(',"first_byte_ms":'),
  input: labelOf(',"input":'),
  cacheRead: labelOf(',"cache_read":'),
  cacheWrite5m: labelOf(',"cache_write_5m":'),
  cacheWrite1h: labelOf(',"cache_write_1h":'),
  output: labelOf(',"output":'),
  usageSource: labelOf(',"other":{},"usage_source":"'),
  reserved: labelOf('","reserved":'),
  upstreamId: labelOf(',"upstream_id":'),
  mac: labelOf(MAC_LABEL),
  closing: labelOf('"}'),
} as const satisfies Record<string, Label>;

/** Does a line whose id and attempt were read before begin in the one form, up to its labels? */
function passIdentity(scan: Scan, { id, attempt }: IdentifiedLine): boolean {
  skip(scan, L.head);
  pass(scan, EVENT_ID_LENGTH);
  const again = takeCount(scan, L.attempt, ATTEMPT_MAX);
  const admittedMs = takeCount(scan, L.admittedMs, END_STAMP_MS);
  skip(scan, L.comma);
  if (scan.broken || attempt === 0 || again !== attempt || !isStamp(admittedMs)) return false;
  return eventTimeMs(id) === admittedMs;
}

/** A line in its one form, its labels known; undefined for any other. */
function readWritten(
  scan: Scan,
  line: IdentifiedLine,
  known: KnownLabels,
): (ReadLine & { readonly ok: true }) | undefined {
  const found = passIdentity(scan, line) ? known.find(scan.batch, scan.at) : undefined;
  if (!found) return undefined;
  const { text, labels } = found;
  pass(scan, text.length);
  const event = readEvent(scan, line, labels);
  skip(scan, L.mac);
  pass(scan, MAC_LENGTH);
  skip(scan, L.closing);
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
const BOOLEANS = [
  [true, labelOf('true')],
  [false, labelOf('false')],
] as const;
const [FIRST_SOURCE, ...OTHER_SOURCES] = USAGE_SOURCES;
const SOURCES = [wordOf(FIRST_SOURCE), ...OTHER_SOURCES.map(wordOf)] as const;

function wordOf<Text extends string>(text: Text): Word<Text> {
  return [text, labelOf(text)];
}

/** Fields in the order in which they stand; named one by one, as spreading takes as long as reading. */
function readEvent(scan: Scan, line: IdentifiedLine, labels: Labels) {
  return {
    id: line.id,
    attempt: line.attempt,
    admitted_ms: eventTimeMs(line.id),
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
    status: takeCount(scan, L.status, STATUS_MAX),
    stream: takeWord(scan, L.stream, BOOLEANS),
    settled_ms: takeCount(scan, L.settledMs, END_STAMP_MS),
    latency_ms: takeCount(scan, L.latencyMs, TOKENS_MAX),
    first_byte_ms: takeCountOrNull(scan, L.firstByteMs, TOKENS_MAX),
    input: takeCount(scan, L.input, TOKENS_MAX),
    cache_read: takeCount(scan, L.cacheRead, TOKENS_MAX),
    cache_write_5m: takeCount(scan, L.cacheWrite5m, TOKENS_MAX),
    cache_write_1h: takeCount(scan, L.cacheWrite1h, TOKENS_MAX),
    output: takeCount(scan, L.output, TOKENS_MAX),
    other: NO_OTHER,
    usage_source: takeWord(scan, L.usageSource, SOURCES),
    reserved: readReserved(takeTextOrNull(scan, L.reserved)),
    upstream_id: takeTextOrNull(scan, L.upstreamId),
  };
}
