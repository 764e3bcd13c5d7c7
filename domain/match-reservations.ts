import { byIdentity } from './accept-lines.ts';
import type { EventId } from './event-id.ts';

/** PENDING until settled; SUSPENSE when its outcome is unknown; VOID when nothing was ever called. */
export type ReservationState = 'PENDING' | 'SETTLED' | 'VOID' | 'SUSPENSE';

/** What the reservation store says of an attempt. */
export interface ReservedAttempt {
  readonly id: EventId;
  readonly attempt: number;
  readonly state: ReservationState;
}

interface Identified {
  readonly id: EventId;
  readonly attempt: number;
}

/** The lines and the reservations of one window, laid side by side. */
export interface Matched<Line> {
  /** Lines whose reservation is settled, or that settle a pending or doubtful one. */
  readonly accepted: readonly Line[];
  /** Of the accepted: those whose settlement was lost and has to be done again. */
  readonly unsettled: readonly Line[];
  /** Lines that nobody reserved. */
  readonly orphans: readonly Line[];
  /** Settled reservations whose line is missing: it is redone from the reservation. */
  readonly lineless: readonly ReservedAttempt[];
  /** Reservations whose outcome nobody knows: held, counted, not billed. */
  readonly suspense: number;
  /** Reservations whose call may still be running: the window cannot be sealed. */
  readonly open: number;
}

/**
 * Merges lines with reservations by identity; both sorted by id and attempt.
 *
 * @param held - identities whose lines are in quarantine: their reservations are not missing a line.
 */
export function matchReservations<Line extends Identified>(
  lines: readonly Line[],
  reservations: readonly ReservedAttempt[],
  held: ReadonlySet<string>,
): Matched<Line> {
  const accepted: Line[] = [];
  const unsettled: Line[] = [];
  const orphans: Line[] = [];
  const lineless: ReservedAttempt[] = [];
  let [suspense, open, at] = [0, 0, 0];

  function without(reservation: ReservedAttempt): void {
    if (held.has(`${reservation.id}/${reservation.attempt}`)) return;
    if (reservation.state === 'SETTLED') lineless.push(reservation);
    else if (reservation.state === 'SUSPENSE') suspense += 1;
    else if (reservation.state === 'PENDING') open += 1;
  }

  for (const line of lines) {
    let reservation = reservations[at];
    for (; reservation && byIdentity(reservation, line) < 0; reservation = reservations[++at]) {
      without(reservation);
    }
    if (!reservation || byIdentity(reservation, line) > 0 || reservation.state === 'VOID') {
      orphans.push(line);
      continue;
    }
    at += 1;
    accepted.push(line);
    if (reservation.state !== 'SETTLED') unsettled.push(line);
  }
  for (const reservation of reservations.slice(at)) without(reservation);
  return { accepted, unsettled, orphans, lineless, suspense, open };
}
