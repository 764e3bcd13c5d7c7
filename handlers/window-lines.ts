import { sortLines, byIdentity } from '../domain/accept-lines.ts';
import type { IdentifiedLine, LoggedLine, QuarantinedLine } from '../domain/accept-lines.ts';
import { decodeLines } from '../domain/line-archive.ts';
import { matchReservations } from '../domain/match-reservations.ts';
import type { ReservedAttempt } from '../domain/match-reservations.ts';
import { identityOf } from '../domain/usage-event.ts';
import { macFaultOf } from '../domain/usage-line.ts';
import type { LineMac } from '../domain/usage-line.ts';
import { windowOf } from '../domain/window.ts';
import type { Window } from '../domain/window.ts';
import { eventTimeMs, firstEventIdAt } from '../domain/event-id.ts';
import type { Codec, ObjectStore, Store } from './ports.ts';

interface WindowLinePorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly store: Store;
  readonly mac: LineMac;
}

/** The lines of a window with every one accounted for. */
export interface WindowLines {
  /** Sorted by identity; the window's own and the late ones it takes in. */
  readonly accepted: readonly IdentifiedLine[];
  /** Of the window's own accepted lines: those redone from their reservations. */
  readonly redone: readonly IdentifiedLine[];
  /** Accepted lines whose reservation still has to be settled. */
  readonly unsettled: readonly IdentifiedLine[];
  readonly duplicates: readonly LoggedLine[];
  readonly quarantined: readonly QuarantinedLine[];
  /** All lines as the log gave them, without the late ones. */
  readonly logged: readonly LoggedLine[];
  readonly suspense: number;
  readonly open: number;
  /** Settled reservations whose line is nowhere. */
  readonly lost: readonly string[];
}

/** Reads the window's slices and lays them beside its reservations. */
export async function readWindowLines(
  ports: WindowLinePorts,
  window: Window,
  slices: readonly string[],
): Promise<WindowLines> {
  const logged: LoggedLine[] = [];
  for (const key of slices) for (const line of await readArchive(ports, key)) logged.push(line);
  const sorted = sortLines(logged, ports.mac);
  const [first, end] = [firstEventIdAt(window.startMs), firstEventIdAt(window.endMs)];
  const inWindow = sorted.lines.filter(({ id }) => id >= first && id < end);
  const elsewhere = sorted.lines.filter(({ id }) => id < first || id >= end);
  const held = new Set(sorted.quarantined.flatMap(({ identity }) => identity ?? []));
  const reservations = await reservationsOf(ports.store, window);
  const matched = matchReservations(inWindow, reservations, held);
  const { lines: redone, lost } = await redo(ports, matched.lineless);
  const quarantined = [
    ...sorted.quarantined,
    ...matched.orphans.map((line) => quarantine(line, 'no reservation')),
    ...elsewhere.map((line) => quarantine(line, 'admitted in another window')),
  ];
  const accepted =
    redone.length === 0 ? matched.accepted : [...matched.accepted, ...redone].sort(byIdentity);
  return {
    ...{ accepted, redone, unsettled: matched.unsettled, quarantined, logged, lost },
    ...{ duplicates: sorted.duplicates, suspense: matched.suspense, open: matched.open },
  };
}

/** Late lines that a window takes in, checked against their own, sealed windows. */
export async function readLateLines(
  ports: WindowLinePorts,
  keys: readonly string[],
  sealed: (window: Window) => Promise<ReadonlySet<string>>,
): Promise<Pick<WindowLines, 'accepted' | 'unsettled' | 'duplicates' | 'quarantined'>> {
  const logged: LoggedLine[] = [];
  for (const key of keys) for (const line of await readArchive(ports, key)) logged.push(line);
  const { lines, duplicates, quarantined } = sortLines(logged, ports.mac);
  const accepted: IdentifiedLine[] = [];
  const unsettled: IdentifiedLine[] = [];
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
      if (reservation.state !== 'SETTLED') unsettled.push(line);
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

/** All reservations of a window, by identity. */
async function reservationsOf(store: Store, window: Window): Promise<ReservedAttempt[]> {
  const all: ReservedAttempt[] = [];
  for await (const batch of store.reservations(window)) for (const one of batch) all.push(one);
  return all;
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
    const fault = text === undefined ? 'no line kept' : macFaultOf(text, mac);
    if (text === undefined || fault !== null) lost.push(`${identityOf({ id, attempt })}: ${fault}`);
    else lines.push({ text, emittedMs: eventTimeMs(id), id, attempt });
  }
  return { lines, lost };
}

function quarantine(line: IdentifiedLine, reason: string): QuarantinedLine {
  const { text, emittedMs } = line;
  return { text, emittedMs, reason, identity: identityOf(line) };
}
