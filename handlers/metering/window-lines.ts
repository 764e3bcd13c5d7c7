import { byIdentity, loggedLine, sortLines } from '../../domain/accept-lines.ts';
import type { IdentifiedLine, QuarantinedLine } from '../../domain/accept-lines.ts';
import type { LoggedLine } from '../../domain/packed-lines.ts';
import { decodeLines } from '../../domain/line-archive.ts';
import { matchReservations } from '../../domain/match-reservations.ts';
import type { ReservedAttempt } from '../../domain/match-reservations.ts';
import { identityOf } from '../../domain/usage-event.ts';
import { batchOf } from '../../domain/line-batch.ts';
import { macFaultIn } from '../../domain/mac-fault.ts';
import type { LineMac } from '../../domain/usage-line.ts';
import { windowOf } from '../../domain/window.ts';
import type { Window } from '../../domain/window.ts';
import { eventTimeMs, firstEventIdAt } from '../../domain/event-id.ts';
import type { EventId } from '../../domain/event-id.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import type { TokenMeter } from '../../domain/meters.ts';
import { rawTokens } from '../../domain/raw-line.ts';
import type { Codec, ObjectStore, Store } from '../ports.ts';
import { mergedBatches } from './slice-archive.ts';

interface WindowLinePorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly store: Pick<Store, 'reservations' | 'findReservation' | 'settledLine'>;
  readonly mac: LineMac;
}

/** The lines of a window with every one accounted for, complete once its batches were all read. */
export interface WindowLines {
  /** Lines as the log gave them, without the late ones. */
  logged: number;
  /** Accepted lines that were redone from their reservations. */
  readonly redone: LineSums;
  /** Exact copies dropped. */
  readonly duplicates: LineSums;
  /** Accepted lines whose reservation still has to be settled. */
  readonly unsettled: LoggedLine[];
  readonly quarantined: QuarantinedLine[];
  suspense: number;
  open: number;
  /** Settled reservations whose line is nowhere. */
  readonly lost: string[];
}

/** Lines of which only the sums are kept. */
export interface LineSums {
  count: number;
  readonly tokens: Record<TokenMeter, bigint>;
}

/** A window's lines laid beside its reservations. */
export interface WindowReading {
  /** Accepted lines by identity, some thousands at a time: a window is never in memory whole. */
  readonly batches: AsyncGenerator<readonly IdentifiedLine[]>;
  readonly sums: WindowLines;
}

/** Reads the window's slices beside its reservations, both by identity. */
export function readWindowLines(
  ports: WindowLinePorts,
  window: Window,
  slices: readonly string[],
): WindowReading {
  const sums: WindowLines = {
    ...{ logged: 0, redone: noLines(), duplicates: noLines(), unsettled: [], quarantined: [] },
    ...{ suspense: 0, open: 0, lost: [] },
  };
  return { batches: acceptedBatches(ports, { window, slices, sums }), sums };
}

interface Reading {
  readonly window: Window;
  readonly slices: readonly string[];
  readonly sums: WindowLines;
}

async function* acceptedBatches(
  ports: WindowLinePorts,
  { window, slices, sums }: Reading,
): AsyncGenerator<readonly IdentifiedLine[]> {
  const archives = await Promise.all(slices.map((key) => ports.objects.get(key)));
  const [first, end] = [firstEventIdAt(window.startMs), firstEventIdAt(window.endMs)];
  const reserved = readReservations(ports.store, window);
  const held = new Set<string>();
  for (const logged of mergedBatches(ports.codec, archives)) {
    sums.logged += logged.count;
    const { lines, duplicates, quarantined } = sortLines(logged, ports.mac);
    for (const { text } of duplicates) addLine(sums.duplicates, text);
    for (const line of quarantined) {
      sums.quarantined.push(line);
      if (line.identity !== null) held.add(line.identity);
    }
    const inWindow = linesBetween(lines, { first, end }, sums);
    const last = inWindow.at(-1);
    if (!last) continue;
    yield await acceptedOf(ports, sums, {
      ...{ lines: inWindow, reservations: await reserved.upTo(last), held },
    });
  }
  const rest = { lines: [], reservations: await reserved.upTo(null), held };
  yield await acceptedOf(ports, sums, rest);
}

/** Lines with ids in `[first, end)`; the others are quarantined. */
function linesBetween(
  lines: readonly IdentifiedLine[],
  { first, end }: { readonly first: EventId; readonly end: EventId },
  { quarantined }: WindowLines,
): IdentifiedLine[] {
  const between: IdentifiedLine[] = [];
  for (const line of lines) {
    if (line.id >= first && line.id < end) between.push(line);
    else quarantined.push(quarantine(line, 'admitted in another window'));
  }
  return between;
}

/** Lines and reservations of the same range of identities. */
interface Range {
  readonly lines: readonly IdentifiedLine[];
  readonly reservations: readonly ReservedAttempt[];
  readonly held: ReadonlySet<string>;
}

/** Lines of one range that become rows, and what else there is in it, added to the sums. */
async function acceptedOf(
  ports: WindowLinePorts,
  sums: WindowLines,
  { lines, reservations, held }: Range,
): Promise<readonly IdentifiedLine[]> {
  const matched = matchReservations(lines, reservations, held);
  sums.suspense += matched.suspense;
  sums.open += matched.open;
  for (const line of matched.orphans) sums.quarantined.push(quarantine(line, 'no reservation'));
  sums.unsettled.push(...matched.unsettled.map(loggedLine));
  if (matched.lineless.length === 0) return matched.accepted;
  const redone = await redo(ports, matched.lineless);
  for (const { batch, line } of redone.lines) addLine(sums.redone, batch.text(line));
  sums.lost.push(...redone.lost);
  return [...matched.accepted, ...redone.lines].sort(byIdentity);
}

function noLines(): LineSums {
  const tokens = TOKEN_METERS.map((meter) => [meter, 0n]);
  return { count: 0, tokens: Object.fromEntries(tokens) as Record<TokenMeter, bigint> };
}

function addLine(sums: LineSums, text: string): void {
  const tokens = rawTokens(text);
  sums.count += 1;
  for (const meter of TOKEN_METERS) sums.tokens[meter] += BigInt(tokens[meter]);
}

/** Reservations of a window, handed out by ranges of identity. */
function readReservations(store: Pick<Store, 'reservations'>, window: Window) {
  const source = store.reservations(window)[Symbol.asyncIterator]();
  let waiting: readonly ReservedAttempt[] = [];

  return {
    /** All that were not handed out yet, up to and with an identity; null: all that are left. */
    async upTo(last: IdentifiedLine | null): Promise<readonly ReservedAttempt[]> {
      const taken: ReservedAttempt[] = [];
      for (;;) {
        const until = last ? waiting.findIndex((one) => byIdentity(one, last) > 0) : -1;
        for (const one of until < 0 ? waiting : waiting.slice(0, until)) taken.push(one);
        waiting = until < 0 ? [] : waiting.slice(until);
        if (waiting.length > 0) return taken;
        const next = await source.next();
        if (next.done) return taken;
        waiting = next.value;
      }
    },
  };
}

/** Late lines that a window takes in, and those that it does not. */
export interface LateLines {
  /** Sorted by identity. */
  readonly accepted: readonly IdentifiedLine[];
  readonly unsettled: readonly LoggedLine[];
  readonly duplicates: readonly LoggedLine[];
  readonly quarantined: readonly QuarantinedLine[];
}

/** Late lines that a window takes in, checked against their own, sealed windows. */
export async function readLateLines(
  ports: WindowLinePorts,
  keys: readonly string[],
  sealed: (window: Window) => Promise<ReadonlySet<string>>,
): Promise<LateLines> {
  const logged: LoggedLine[] = [];
  for (const key of keys) for (const line of await readArchive(ports, key)) logged.push(line);
  const { lines, duplicates, quarantined } = sortLines(batchOf(logged), ports.mac);
  const accepted: IdentifiedLine[] = [];
  const unsettled: LoggedLine[] = [];
  const refused: QuarantinedLine[] = [...quarantined];
  for (const line of lines) {
    const identity = identityOf(line);
    const known = await sealed(windowOf(eventTimeMs(line.id)));
    const reservation = await ports.store.findReservation(line.id, line.attempt);
    if (known.has(identity)) refused.push(quarantine(line, 'conflict with a sealed row'));
    else if (!reservation || reservation.state === 'VOID') {
      refused.push(quarantine(line, 'no reservation'));
    } else {
      accepted.push(line);
      if (reservation.state !== 'SETTLED') unsettled.push(loggedLine(line));
    }
  }
  return { accepted, unsettled, duplicates, quarantined: refused };
}

/** Reads an archive of lines. */
export async function readArchive(
  { objects, codec }: Pick<WindowLinePorts, 'objects' | 'codec'>,
  key: string,
): Promise<LoggedLine[]> {
  return decodeLines(codec.decompressText(await objects.get(key)));
}

/** Redoes lost lines from the copies that their settled reservations keep. */
async function redo(
  { store, mac }: WindowLinePorts,
  lineless: readonly ReservedAttempt[],
): Promise<{ lines: IdentifiedLine[]; lost: string[] }> {
  const lines: IdentifiedLine[] = [];
  const lost: string[] = [];
  for (const { id, attempt } of lineless) {
    const text = await store.settledLine(id, attempt);
    const batch = batchOf([{ text: text ?? '', emittedMs: eventTimeMs(id) }]);
    const fault = text === undefined ? 'no line kept' : macFaultIn(batch, 0, mac);
    if (fault === null) lines.push({ id, attempt, batch, line: 0 });
    else lost.push(`${identityOf({ id, attempt })}: ${fault}`);
  }
  return { lines, lost };
}

function quarantine(line: IdentifiedLine, reason: string): QuarantinedLine {
  return { ...loggedLine(line), reason, identity: identityOf(line) };
}
