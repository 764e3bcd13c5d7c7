import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../handlers/ports.ts';

export interface ClockWorld {
  readonly clock: Clock;
  /** Runs work to its end, as this clock wants it run. */
  run(work: () => Promise<void>): Promise<void>;
}

/** The port `Clock`: time goes forward, and a sleeper has slept. */
export function describeClock(name: string, open: () => ClockWorld): void {
  describe(`a clock: ${name}`, () => {
    it('says UTC milliseconds that never go back', async () => {
      const { clock, run } = open();
      const seen: number[] = [];
      await run(async () => {
        for (let look = 0; look < 50; look += 1) {
          seen.push(clock.now());
          if (look % 10 === 0) await clock.sleep(1);
        }
      });

      expect([...seen].sort((a, b) => a - b)).toEqual(seen);
      expect(seen.every((ms) => ms > 1_000_000_000_000)).toBe(true);
    });

    it('wakes a sleeper when its time has passed, not before', async () => {
      const { clock, run } = open();
      await run(async () => {
        const startedMs = clock.now();
        await clock.sleep(20);
        // A timer of the machine may fire within the millisecond.
        expect(clock.now() - startedMs).toBeGreaterThanOrEqual(19);
      });
    });

    it('does not make anybody wait who sleeps for no time', async () => {
      const { clock, run } = open();
      await run(async () => {
        await clock.sleep(0);
      });
    });
  });
}
