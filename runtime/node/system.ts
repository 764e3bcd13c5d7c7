import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Random } from '../../handlers/ports.ts';

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => wait(ms),
};

const POOL_BYTES = 4096;

/** Draws many bytes at once and gives each of them to one caller only: a draw costs the same for few. */
function createPool(): (count: number) => Uint8Array {
  let pool = new Uint8Array();
  return (count) => {
    if (pool.length < count) pool = new Uint8Array(randomBytes(Math.max(POOL_BYTES, count)));
    const bytes = pool.slice(0, count);
    pool.fill(0, 0, count);
    pool = pool.subarray(count);
    return bytes;
  };
}

/** The bytes nobody can guess. */
export const systemRandom: Random = { bytes: createPool() };
