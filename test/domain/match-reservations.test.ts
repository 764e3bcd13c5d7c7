import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { byIdentity } from '../../domain/accept-lines.ts';
import { matchReservations } from '../../domain/match-reservations.ts';
import type { ReservedAttempt } from '../../domain/match-reservations.ts';
import { identityOf } from '../../domain/usage-event.ts';
import { NOON_MS, idAt } from './usage-events.ts';

const STATES = ['PENDING', 'SETTLED', 'VOID', 'SUSPENSE'] as const;

const line = (byte: number, attempt = 1) => ({ id: idAt(NOON_MS, byte), attempt });
const reserved = (byte: number, state: ReservedAttempt['state'], attempt = 1) => ({
  ...line(byte, attempt),
  state,
});

describe('lines beside reservations', () => {
  it('are accepted where a reservation is settled', () => {
    const matched = matchReservations([line(1)], [reserved(1, 'SETTLED')], new Set());

    expect(matched).toEqual({
      ...{ accepted: [line(1)], unsettled: [], orphans: [], lineless: [] },
      ...{ suspense: 0, open: 0 },
    });
  });

  it.each(['PENDING', 'SUSPENSE'] as const)('settle a %s reservation again', (state) => {
    const matched = matchReservations([line(1)], [reserved(1, state)], new Set());

    expect(matched.accepted).toEqual([line(1)]);
    expect(matched.unsettled).toEqual([line(1)]);
    expect([matched.suspense, matched.open]).toEqual([0, 0]);
  });

  it('are orphans where nobody reserved, or what was reserved is void', () => {
    const matched = matchReservations([line(1), line(2)], [reserved(2, 'VOID')], new Set());

    expect(matched.orphans).toEqual([line(1), line(2)]);
    expect(matched.accepted).toEqual([]);
  });

  it('of another attempt are other lines', () => {
    const matched = matchReservations([line(1, 2)], [reserved(1, 'SETTLED', 1)], new Set());

    expect(matched.orphans).toEqual([line(1, 2)]);
    expect(matched.lineless).toEqual([reserved(1, 'SETTLED', 1)]);
  });
});

describe('reservations without a line', () => {
  it('are redone, doubtful or still open by their state; void ones are nothing', () => {
    const reservations = STATES.map((state, byte) => reserved(byte, state));

    const matched = matchReservations([], reservations, new Set());

    expect(matched.lineless).toEqual([reserved(1, 'SETTLED')]);
    expect([matched.suspense, matched.open]).toEqual([1, 1]);
  });

  it('miss nothing when their line is in quarantine', () => {
    const reservations = STATES.map((state, byte) => reserved(byte, state));

    const matched = matchReservations([], reservations, new Set(reservations.map(identityOf)));

    expect(matched).toMatchObject({ lineless: [], suspense: 0, open: 0 });
  });
});

/** What happened to one identity. */
const anyFate = fc.record({
  byte: fc.integer({ min: 0, max: 12 }),
  attempt: fc.integer({ min: 1, max: 12 }),
  hasLine: fc.boolean(),
  state: fc.option(fc.constantFrom(...STATES)),
  isHeld: fc.boolean(),
});
const anyWindow = fc.uniqueArray(anyFate, {
  selector: ({ byte, attempt }) => `${byte}/${attempt}`,
  maxLength: 40,
});

describe('matching', () => {
  it('agrees with looking every identity up', () => {
    fc.assert(
      fc.property(anyWindow, (fates) => {
        const of = (kind: typeof fates) => kind.map(({ byte, attempt }) => line(byte, attempt));
        const inOrder = <T extends { id: string; attempt: number }>(all: T[]) =>
          all.sort(byIdentity);
        const lines = inOrder(of(fates.filter(({ hasLine }) => hasLine)));
        const reservations = inOrder(
          fates.flatMap(({ byte, attempt, state }) =>
            state ? [reserved(byte, state, attempt)] : [],
          ),
        );
        const held = fates.filter(({ hasLine, isHeld }) => isHeld && !hasLine);

        const matched = matchReservations(lines, reservations, new Set(of(held).map(identityOf)));

        const isAccepted = ({ hasLine, state }: (typeof fates)[number]) =>
          hasLine && state !== null && state !== 'VOID';
        const accepted = fates.filter(isAccepted);
        const waiting = fates.filter((fate) => !fate.hasLine && !fate.isHeld);
        const waitingIn = (state: string) => waiting.filter((fate) => fate.state === state);
        expect(matched).toEqual({
          accepted: inOrder(of(accepted)),
          unsettled: inOrder(of(accepted.filter(({ state }) => state !== 'SETTLED'))),
          orphans: inOrder(of(fates.filter((fate) => fate.hasLine && !isAccepted(fate)))),
          lineless: inOrder(of(waitingIn('SETTLED'))).map((one) => ({ ...one, state: 'SETTLED' })),
          suspense: waitingIn('SUSPENSE').length,
          open: waitingIn('PENDING').length,
        });
      }),
      { numRuns: 300 },
    );
  });
});
