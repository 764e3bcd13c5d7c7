import { identityOf } from './usage-event.ts';
import type { EventId } from './event-id.ts';
import { EVENT_ID_LENGTH, isEventId } from './event-id.ts';
import { USAGE_LINE_VERSION, macFaultOf } from './usage-line.ts';
import type { LineMac } from './usage-line.ts';

/** A line as the log gave it. */
export interface LoggedLine {
  readonly text: string;
  readonly emittedMs: number;
}

/** A line under a valid MAC, with the identity it is filed by. */
export interface IdentifiedLine extends LoggedLine {
  readonly id: EventId;
  readonly attempt: number;
}

/** A line that cannot be used, and why. */
export interface QuarantinedLine extends LoggedLine {
  readonly reason: string;
  readonly identity: string | null;
}

export interface SortedLines {
  /** One line per identity, sorted by id and attempt. */
  readonly lines: readonly IdentifiedLine[];
  /** Exact copies dropped. */
  readonly duplicates: readonly LoggedLine[];
  readonly quarantined: readonly QuarantinedLine[];
}

const PREFIX = `{"tollbook":"${USAGE_LINE_VERSION}","id":"`;

/**
 * Sorts out what the log gave. The MAC comes first: a line with a bad one proves nothing and cannot
 * evict a good one. Copies of a line count once; lines of one identity that differ are all put into
 * quarantine, as nobody can say which is true.
 */
export function sortLines(lines: Iterable<LoggedLine>, mac: LineMac): SortedLines {
  const good: IdentifiedLine[] = [];
  const duplicates: LoggedLine[] = [];
  const quarantined: QuarantinedLine[] = [];
  for (const line of lines) {
    const identified = identify(line, mac);
    if ('reason' in identified) quarantined.push(identified);
    else good.push(identified);
  }
  good.sort(byIdentity);
  const kept: IdentifiedLine[] = [];
  for (let from = 0; from < good.length;) {
    const first = good[from] as IdentifiedLine;
    let to = from + 1;
    while (to < good.length && sameIdentity(first, good[to] as IdentifiedLine)) to += 1;
    const copies = good.slice(from, to);
    if (copies.every(({ text }) => text === first.text)) {
      kept.push(first);
      duplicates.push(...copies.slice(1));
    } else {
      const identity = identityOf(first);
      quarantined.push(...copies.map((copy) => ({ ...copy, reason: 'conflict', identity })));
    }
    from = to;
  }
  return { lines: kept, duplicates, quarantined };
}

function identify(line: LoggedLine, mac: LineMac): IdentifiedLine | QuarantinedLine {
  const { text, emittedMs } = line;
  const fault = macFaultOf(text, mac);
  if (fault !== null) return { text, emittedMs, reason: fault, identity: null };
  if (!text.startsWith(PREFIX)) {
    return { text, emittedMs, reason: 'unknown version', identity: null };
  }
  const identity = identityIn(text);
  if (!identity) return { text, emittedMs, reason: 'no identity', identity: null };
  return { text, emittedMs, id: identity.id, attempt: identity.attempt };
}

/** The identity that a line of this version is filed by; undefined if it has none. */
export function identityIn(
  text: string,
): { readonly id: EventId; readonly attempt: number } | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const id = text.slice(PREFIX.length, PREFIX.length + EVENT_ID_LENGTH);
  const attempt = attemptAt(text, PREFIX.length + EVENT_ID_LENGTH);
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

function sameIdentity(a: IdentifiedLine, b: IdentifiedLine): boolean {
  return a.id === b.id && a.attempt === b.attempt;
}
