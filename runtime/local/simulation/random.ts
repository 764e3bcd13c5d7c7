import { createHash } from 'node:crypto';
import type { Random } from '../../../handlers/ports.ts';

/** Draws that a seed decides, the same on every machine. */
export interface SeededRandom extends Random {
  /** In [0, 1). */
  unit(): number;
  /** One of the choices, each as likely as its weight. */
  pick<T>(choices: readonly (readonly [T, number])[]): T;
}

const BLOCK = 4096;

/**
 * A stream of bytes from SHA-256 in counter mode over `seed/label`: streams of other labels are
 * independent, so that a draw more in one rule changes nothing in another.
 */
export function createSeededRandom(seed: string, label: string): SeededRandom {
  let counter = 0;
  let block = Buffer.alloc(0);
  let at = 0;

  function refill(): void {
    const parts: Buffer[] = [];
    for (let size = 0; size < BLOCK; size += 32, counter += 1) {
      parts.push(createHash('sha256').update(`${seed}/${label}/${counter}`).digest());
    }
    block = Buffer.concat(parts);
    at = 0;
  }

  function bytes(count: number): Uint8Array {
    if (count > BLOCK)
      throw new RangeError(`random: got ${count} bytes, expected at most ${BLOCK}`);
    if (at + count > block.length) refill();
    at += count;
    return new Uint8Array(block.subarray(at - count, at));
  }

  function unit(): number {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes(6);
    return (a * 2 ** 40 + b * 2 ** 32 + c * 2 ** 24 + d * 2 ** 16 + e * 2 ** 8 + f) / 2 ** 48;
  }

  return {
    bytes,
    unit,
    pick: (choices) => {
      let draw = unit() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [choice, weight] of choices) {
        draw -= weight;
        if (draw < 0) return choice;
      }
      const last = choices.at(-1);
      if (!last) throw new RangeError('pick: got no choices');
      return last[0];
    },
  };
}
