import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Random } from '../../handlers/ports.ts';

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => wait(ms),
};

/** The bytes nobody can guess. */
export const systemRandom: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };
