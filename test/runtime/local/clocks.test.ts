import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createJumpingClock, createVirtualClock } from '../../../runtime/local/clocks.ts';
import { systemClock } from '../../../runtime/node/system.ts';
import type { Arrival } from '../../../runtime/local/clocks.ts';
import { createGroupCommit } from '../../../runtime/local/group-commit.ts';
import { describeClock } from '../../contract/clock.ts';
import { NOON_MS } from '../../domain/usage-events.ts';

describeClock('of the machine', () => ({ clock: systemClock, run: (work) => work() }));
describeClock('that jumps', () => ({ clock: createJumpingClock(NOON_MS), run: (work) => work() }));
describeClock('virtual', () => {
  const clock = createVirtualClock(NOON_MS);
  return { clock, run: (work) => clock.replay([{ atMs: NOON_MS, start: work }]) };
});

/** Runs arrivals at milliseconds from noon, and says what happened when. */
async function replayed(
  arrivals: (
    log: (word: string) => void,
    clock: ReturnType<typeof createVirtualClock>,
  ) => Arrival[],
) {
  const clock = createVirtualClock(NOON_MS);
  const events: [number, string][] = [];
  const log = (word: string) => events.push([clock.now() - NOON_MS, word]);
  await clock.replay(arrivals(log, clock));
  return events;
}

describe('virtual time', () => {
  it('starts each arrival at its instant, and jumps over what is empty', async () => {
    const startedMs = performance.now();
    const events = await replayed((log) =>
      [0, 5, 5, 86_400_000].map((at) => ({
        atMs: NOON_MS + at,
        start: () => {
          log('start');
          return Promise.resolve();
        },
      })),
    );

    expect(events.map(([at]) => at)).toEqual([0, 5, 5, 86_400_000]);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it('wakes sleepers in order of time, those of one instant in the order they lay down', async () => {
    const events = await replayed((log, clock) =>
      [
        [0, 30, 'a'],
        [0, 10, 'b'],
        [5, 25, 'c'],
        [5, 5, 'd'],
      ].map(([at, ms, word]) => ({
        atMs: NOON_MS + (at as number),
        start: async () => {
          await clock.sleep(ms as number);
          log(word as string);
        },
      })),
    );

    // b and d both wake at 10, a and c at 30: the sleeper of longer standing first.
    expect(events).toEqual([
      [10, 'b'],
      [10, 'd'],
      [30, 'a'],
      [30, 'c'],
    ]);
  });

  it('stands still while anything at its instant can still run', async () => {
    const events = await replayed((log, clock) => [
      {
        atMs: NOON_MS,
        start: async () => {
          for (let turn = 0; turn < 1000; turn += 1) await Promise.resolve();
          log('worked');
        },
      },
      {
        atMs: NOON_MS + 1,
        start: async () => {
          log('next');
          await clock.sleep(0);
          log('slept for nothing');
        },
      },
    ]);

    expect(events).toEqual([
      [0, 'worked'],
      [1, 'next'],
      [1, 'slept for nothing'],
    ]);
  });

  it('commits once per tick what all callers of that instant wait for', async () => {
    const clock = createVirtualClock(NOON_MS);
    const groups: [number, number][] = [];
    const commit = createGroupCommit<number>((items) => {
      groups.push([clock.now() - NOON_MS, items.length]);
      return undefined;
    }, clock.schedule);
    const arrival = (at: number) => ({
      atMs: NOON_MS + at,
      start: async () => {
        await commit(at);
        // What is committed next belongs to the same instant: time has not moved.
        await commit(at);
        await clock.sleep(10);
        await commit(at);
      },
    });

    await clock.replay([0, 0, 0, 7].map(arrival));

    expect(groups).toEqual([
      [0, 3],
      [0, 3],
      [7, 1],
      [7, 1],
      [10, 3],
      [17, 1],
    ]);
  });

  it('ends with the error of the work that failed', async () => {
    const failing = replayed(() => [
      { atMs: NOON_MS, start: () => Promise.reject(new Error('broken')) },
    ]);

    await expect(failing).rejects.toThrow('broken');
  });

  it('says so when work waits for what will never come', async () => {
    const waiting = replayed(() => [{ atMs: NOON_MS, start: () => new Promise(() => undefined) }]);

    await expect(waiting).rejects.toThrow('work waits for nothing');
  });

  it('wakes every sleeper at its own instant, however many sleep', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(500), { maxLength: 200 }), async (sleeps) => {
        const events = await replayed((log, clock) =>
          sleeps.map((ms, n) => ({
            atMs: NOON_MS,
            start: async () => {
              await clock.sleep(ms);
              log(String(n));
            },
          })),
        );
        const expected = sleeps.map((ms, n): [number, string] => [ms, String(n)]);
        expect(events).toEqual(expected.sort(([a], [b]) => a - b));
      }),
      { numRuns: 30 },
    );
  });
});
