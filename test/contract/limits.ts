import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Hold, Used } from '../../domain/limits.ts';
import { LimitReached } from '../../handlers/ports.ts';
import type { Limits, Store } from '../../handlers/ports.ts';
import { NOON_MS, idAt } from '../domain/usage-events.ts';
import { reservation } from './store.ts';

export interface LimitsWorld {
  readonly store: Store & Limits;
  close(): void | Promise<void>;
}

interface Sizes {
  /** Rivals for one budget at once. */
  readonly burst: number;
  /** Random histories. */
  readonly histories: number;
}

const DAY = 't_a/usd/day/2026-02-01';
const MINUTE = 't_a/tokens/2026-02-01T12:00';
const RUNNING = 't_a/running';
const LEASE_MS = NOON_MS + 1000;
const nothing = { held: 0n, suspense: 0n, settled: 0n };
const used = (cost: bigint | null, tokens = 0n): Used => ({ cost, tokens });
const take = (counter: string, amount: bigint, ceiling: bigint | null): Hold => ({
  ...{ counter, amount, ceiling },
});

/** What reservations take from limits, and give back. */
export function describeLimits(
  name: string,
  open: () => LimitsWorld | Promise<LimitsWorld>,
  { burst, histories }: Sizes = { burst: 1000, histories: 100 },
): void {
  describe(`limits: ${name}`, () => {
    let world: LimitsWorld;
    let store: LimitsWorld['store'];
    beforeEach(async () => {
      world = await open();
      ({ store } = world);
    });
    afterEach(async () => {
      await world.close();
    });

    const stateOf = async (counter: string) => {
      const [state] = await store.counters([counter]);
      return { held: state?.held, suspense: state?.suspense, settled: state?.settled };
    };
    const reserve = (attempt: number, holds: readonly Hold[]) =>
      store.reserve(reservation({ attempt, holds }));
    const settle = (attempt: number, what: Used) =>
      store.settle({ id: idAt(NOON_MS), attempt }, `line ${attempt}`, what);

    it('begin with nothing taken, and say so in the order asked', async () => {
      expect(await store.counters([RUNNING, DAY])).toEqual([
        { counter: RUNNING, ...nothing },
        { counter: DAY, ...nothing },
      ]);
      expect(await store.counters([])).toEqual([]);
    });

    it('are held by a call that runs, and settled at what it used', async () => {
      await reserve(1, [take(DAY, 10n, 100n), take(MINUTE, 500n, 1000n), take(RUNNING, 1n, 2n)]);

      expect(await stateOf(DAY)).toEqual({ ...nothing, held: 10n });
      expect(await stateOf(RUNNING)).toEqual({ ...nothing, held: 1n });

      expect(await settle(1, used(3n, 70n))).toBe(true);
      expect(await stateOf(DAY)).toEqual({ ...nothing, settled: 3n });
      expect(await stateOf(MINUTE)).toEqual({ ...nothing, settled: 70n });
      expect(await stateOf(RUNNING)).toEqual(nothing);
    });

    it('count what was held as spent where the call has no price', async () => {
      await reserve(1, [take(DAY, 10n, null)]);
      await settle(1, used(null));

      expect(await stateOf(DAY)).toEqual({ ...nothing, settled: 10n });
    });

    it('refuse what does not fit, name the counter, and then take nothing at all', async () => {
      await reserve(1, [take(DAY, 60n, 100n)]);

      const refused = reserve(2, [take(RUNNING, 1n, 5n), take(DAY, 41n, 100n)]);
      await expect(refused).rejects.toThrow(LimitReached);
      await expect(reserve(3, [take(DAY, 41n, 100n)])).rejects.toMatchObject({ counter: DAY });
      expect(await stateOf(RUNNING)).toEqual(nothing);
      expect(await store.findReservation(idAt(NOON_MS), 2)).toBeUndefined();
      await reserve(4, [take(DAY, 40n, 100n)]);
      expect(await stateOf(DAY)).toEqual({ ...nothing, held: 100n });
    });

    it('are given back once, however often a call is settled', async () => {
      await reserve(1, [take(DAY, 10n, 100n)]);

      const ends = await Promise.all([
        settle(1, used(4n)),
        settle(1, used(4n)),
        settle(1, used(9n)),
      ]);

      expect(ends.filter(Boolean)).toHaveLength(1);
      const { held, settled } = await stateOf(DAY);
      expect(held).toBe(0n);
      expect([4n, 9n]).toContain(settled);
    });

    it('stay charged while an outcome is unknown, but for the place among running calls', async () => {
      await reserve(1, [take(DAY, 10n, 100n), take(RUNNING, 1n, 1n)]);

      expect(await store.sweep(LEASE_MS + 1)).toBe(1);
      expect(await stateOf(DAY)).toEqual({ ...nothing, suspense: 10n });
      expect(await stateOf(RUNNING)).toEqual(nothing);

      await settle(1, used(2n));
      expect(await stateOf(DAY)).toEqual({ ...nothing, settled: 2n });
      expect(await stateOf(RUNNING)).toEqual(nothing);
    });

    it('of a lowered budget refuse what is new and take nothing back', async () => {
      await reserve(1, [take(DAY, 90n, 100n)]);

      await expect(reserve(2, [take(DAY, 1n, 50n)])).rejects.toThrow(LimitReached);
      expect(await stateOf(DAY)).toEqual({ ...nothing, held: 90n });
    });

    it('hold more than 64 bits of pico-USD', async () => {
      const amount = 10n ** 20n + 7n;
      await reserve(1, [take(DAY, amount, null)]);
      await settle(1, used(amount - 1n));

      expect(await stateOf(DAY)).toEqual({ ...nothing, settled: amount - 1n });
    });

    it(`admit exactly as many of ${burst} at once as a budget has room for`, async () => {
      const ends = await Promise.allSettled(
        Array.from({ length: burst }, (_, n) => reserve(n + 1, [take(DAY, 7n, 7n * 25n)])),
      );

      const refusals = ends.flatMap((end) =>
        end.status === 'rejected' ? [end.reason as unknown] : [],
      );
      expect(ends.length - refusals.length).toBe(25);
      expect(refusals.filter((error) => !(error instanceof LimitReached))).toEqual([]);
      expect(await stateOf(DAY)).toEqual({ ...nothing, held: 175n });
    });

    it('let one of many claim a name', async () => {
      const ends = await Promise.all(Array.from({ length: 20 }, () => store.claim('warned/a/50')));

      expect(ends.filter(Boolean)).toHaveLength(1);
      expect(await store.claim('warned/a/50')).toBe(false);
      expect(await store.claim('warned/a/80')).toBe(true);
    });

    it('agree with a ledger on paper, whatever happens in whatever order', async () => {
      const step = fc.oneof(
        fc.record({ kind: fc.constant('reserve' as const), amount: fc.bigInt(0n, 40n) }),
        fc.record({
          ...{ kind: fc.constant('settle' as const), of: fc.nat(9) },
          cost: fc.option(fc.bigInt(0n, 40n)),
        }),
        fc.record({ kind: fc.constant('sweep' as const) }),
      );
      let history = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          history += 1;
          const counter = `t_${history}/usd/day/2026-02-01`;
          const paper: { amount: bigint; state: 'held' | 'suspense' | 'settled'; cost: bigint }[] =
            [];
          const idOf = (n: number) => ({ id: idAt(NOON_MS + history, n), attempt: 1 });
          const sum = (state: string) =>
            paper.reduce((all, one) => all + (one.state === state ? one.cost : 0n), 0n);
          for (const each of steps) {
            if (each.kind === 'reserve') {
              const { amount } = each;
              const fits = sum('held') + sum('suspense') + sum('settled') + amount <= 100n;
              const made = reservation({
                ...{ ...idOf(paper.length), leaseMs: NOON_MS },
                holds: [take(counter, amount, 100n)],
              });
              const done = await store.reserve(made).then(
                () => true,
                () => false,
              );
              expect(done).toBe(fits);
              if (done) paper.push({ amount, state: 'held', cost: amount });
            } else if (each.kind === 'settle') {
              const one = paper[each.of];
              const open = one !== undefined && one.state !== 'settled';
              const line = `line ${history} ${each.of}`;
              expect(await store.settle(idOf(each.of), line, used(each.cost))).toBe(open);
              if (open) [one.state, one.cost] = ['settled', each.cost ?? one.amount];
            } else {
              await store.sweep(NOON_MS + 1);
              for (const one of paper) if (one.state === 'held') one.state = 'suspense';
            }
            expect(await stateOf(counter)).toEqual({
              ...{ held: sum('held'), suspense: sum('suspense'), settled: sum('settled') },
            });
          }
        }),
        { numRuns: histories },
      );
    });
  });
}
