import { identityOf } from './usage-event.ts';
import type { EventId } from './event-id.ts';
import { EVENT_ID_LENGTH, isEventId } from './event-id.ts';
import type { LineBatch } from './line-batch.ts';
import { macFaultIn } from './mac-fault.ts';
import type { LoggedLine } from './packed-lines.ts';
import { LINE_HEAD } from './usage-line.ts';
import type { LineMac } from './usage-line.ts';

/** A line among others, with the identity it is filed by. */
export interface IdentifiedLine {
  readonly id: EventId;
  readonly attempt: number;
  readonly batch: LineBatch;
  /** Which line of the batch it is. */
  readonly line: number;
}

/** A line that cannot be used, and why. */
export interface QuarantinedLine extends LoggedLine {
  readonly reason: string;
  readonly identity: string | null;
}

export interface SortedLines {
  /** One line per identity, sorted by id and attempt; their MACs are valid. */
  readonly lines: readonly IdentifiedLine[];
  /** Exact copies dropped. */
  readonly duplicates: readonly LoggedLine[];
  readonly quarantined: readonly QuarantinedLine[];
}

/**
 * Sorts out what the log gave. The MAC comes first: a line with a bad one proves nothing and cannot
 * evict a good one. Copies of a line count once; lines of one identity that differ are all put into
 * quarantine, as nobody can say which is true.
 */
export function sortLines(batch: LineBatch, mac: LineMac): SortedLines {
  const good: IdentifiedLine[] = [];
  const quarantined: QuarantinedLine[] = [];
  for (let line = 0; line < batch.count; line += 1) {
    const identified = identify(batch, line, mac);
    if (typeof identified === 'object') good.push(identified);
    else quarantined.push({ ...batch.loggedLine(line), reason: identified, identity: null });
  }
  good.sort(byIdentity);
  const sorted = { lines: [] as IdentifiedLine[], duplicates: [] as LoggedLine[], quarantined };
  for (let from = 0; from < good.length;) {
    const first = good[from] as IdentifiedLine;
    let to = from + 1;
    while (to < good.length && byIdentity(first, good[to] as IdentifiedLine) === 0) to += 1;
    if (to === from + 1) sorted.lines.push(first);
    else sortCopies(good.slice(from, to), first, sorted);
    from = to;
  }
  return sorted;
}

/** Lines of one identity: copies of one line, or such as contradict each other. */
function sortCopies(
  lines: readonly IdentifiedLine[],
  first: IdentifiedLine,
  sorted: { lines: IdentifiedLine[]; duplicates: LoggedLine[]; quarantined: QuarantinedLine[] },
): void {
  const copies = lines.map(loggedLine);
  const identity = identityOf(first);
  if (copies.every(({ text }) => text === copies[0]?.text)) {
    sorted.lines.push(first);
    sorted.duplicates.push(...copies.slice(1));
  } else {
    sorted.quarantined.push(...copies.map((copy) => ({ ...copy, reason: 'conflict', identity })));
  }
}

/** A line by itself, in memory of its own. */
export function loggedLine({ batch, line }: IdentifiedLine): LoggedLine {
  return batch.loggedLine(line);
}

/** Lines that were sorted before, in their order. What has no identity after all is nobody's. */
export function identifyAgain(batch: LineBatch): IdentifiedLine[] {
  return Array.from(batch.start, (_, line) => {
    const { id, attempt } = identityIn(batch.text(line)) ?? { id: '', attempt: 1 };
    return { id, attempt, batch, line };
  });
}

/** @returns why not, if the line cannot be used. */
function identify(batch: LineBatch, line: number, mac: LineMac): IdentifiedLine | string {
  const fault = macFaultIn(batch, line, mac);
  if (fault !== null) return fault;
  const text = batch.text(line);
  if (!text.startsWith(LINE_HEAD)) return 'unknown version';
  const identity = identityIn(text);
  return identity ? { id: identity.id, attempt: identity.attempt, batch, line } : 'no identity';
}

/** The identity that a line of this version is filed by; undefined if it has none. */
export function identityIn(
  text: string,
): { readonly id: EventId; readonly attempt: number } | undefined {
  if (!text.startsWith(LINE_HEAD)) return undefined;
  const id = text.slice(LINE_HEAD.length, LINE_HEAD.length + EVENT_ID_LENGTH);
  const attempt = attemptAt(text, LINE_HEAD.length + EVENT_ID_LENGTH);
  return attempt !== undefined && isEventId(id) ? { id, attempt } : undefined;
}

const ATTEMPT_LABEL = '","attempt":';
const [ZERO, NINE, COMMA] = [48, 57, 44];

/** One or two digits behind their label and before a comma. */
function attemptAt(text: string, from: number): number | undefined {
  if (!text.startsWith(ATTEMPT_LABEL, from)) return undefined;
  const at = from + ATTEMPT_LABEL.length;
  const [first, second] = [text.charCodeAt(at), text.charCodeAt(at + 1)];
  if (!isDigit(first)) return undefined;
  if (second === COMMA) return first - ZERO;
  if (!isDigit(second) || text.charCodeAt(at + 2) !== COMMA) return undefined;
  return (first - ZERO) * 10 + second - ZERO;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Order of identities: by id, then by attempt. */
export function byIdentity(
  a: { readonly id: EventId; readonly attempt: number },
  b: { readonly id: EventId; readonly attempt: number },
): number {
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return a.attempt - b.attempt;
}
