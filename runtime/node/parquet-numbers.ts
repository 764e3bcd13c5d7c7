import { ROW_GROUP_ROWS, isWorthIt } from './parquet-values.ts';
import type { Bounds, ValueList } from './parquet-values.ts';

/** A number of some kind: what is one, and how it is written. */
export interface NumberForm {
  /** The value as a whole number, or undefined if the column cannot hold it exactly. */
  readonly read: (value: unknown) => number | bigint | undefined;
  readonly bytes: 8 | 16;
}

const INT64_LIMIT = 2n ** 63n;
const CALL_LIMIT = 10n ** 18n;
const MONEY_LIMIT = 10n ** 38n;

export const INSTANT: NumberForm = {
  read: (value) => (Number.isSafeInteger(value) ? (value as number) : undefined),
  bytes: 8,
};
export const COUNT: NumberForm = {
  read: (value) => {
    if (typeof value === 'bigint') return within(value, INT64_LIMIT);
    return Number.isSafeInteger(value) ? (value as number) : undefined;
  },
  bytes: 8,
};
// A JavaScript number of USD would be off by 10^12: only big integers are money.
export const CALL_MONEY: NumberForm = { read: (value) => amountOf(value, CALL_LIMIT), bytes: 8 };
export const WIDE_MONEY: NumberForm = { read: (value) => amountOf(value, MONEY_LIMIT), bytes: 16 };

function amountOf(value: unknown, limit: bigint): bigint | undefined {
  return typeof value === 'bigint' ? within(value, limit) : undefined;
}

function within(value: bigint, limit: bigint): bigint | undefined {
  return value < limit && value > -limit ? value : undefined;
}

/** Numbers that repeat: each is kept once. */
export function createNumbers({ read, bytes }: NumberForm): ValueList {
  const known = new Map<number | bigint, number>();
  const indexes = new Int32Array(ROW_GROUP_ROWS);
  let count = 0;

  return {
    add(value) {
      const number = read(value);
      if (number === undefined) return false;
      let index = known.get(number);
      if (index === undefined) {
        index = known.size;
        known.set(number, index);
      }
      indexes[count] = index;
      count += 1;
      return true;
    },
    take() {
      const numbers = Array.from(known.keys(), BigInt);
      const taken = indexes.subarray(0, count);
      known.clear();
      count = 0;
      const bounds = boundsOfNumbers(numbers);
      const sizes = numbers.map(() => bytes);
      if (isWorthIt(sizes, taken)) {
        const plain = plainNumbers(numbers, bytes);
        return { ...bounds, plain, distinct: numbers.length, indexes: taken };
      }
      const every = Array.from(taken, (index) => numbers[index] ?? 0n);
      const plain = plainNumbers(every, bytes);
      return { ...bounds, plain, distinct: every.length, indexes: null };
    },
  };
}

const HALF = 2 ** 32;

/** Numbers of eight bytes that hardly ever repeat. */
export function createPlainNumbers({ read }: NumberForm): ValueList {
  const wide = new BigInt64Array(ROW_GROUP_ROWS);
  const [low, high] = [new Uint32Array(wide.buffer), new Int32Array(wide.buffer)];
  let count = 0;

  /** Compares two of the numbers without making big integers of them. */
  function isLess(a: number, b: number): boolean {
    const [left = 0, right = 0] = [high[2 * a + 1], high[2 * b + 1]];
    return left !== right ? left < right : (low[2 * a] ?? 0) < (low[2 * b] ?? 0);
  }

  return {
    add(value) {
      const number = read(value);
      if (number === undefined) return false;
      if (typeof number === 'bigint') wide[count] = number;
      else {
        low[2 * count] = number;
        high[2 * count + 1] = Math.floor(number / HALF);
      }
      count += 1;
      return true;
    },
    take() {
      let [least, most] = [0, 0];
      for (let at = 1; at < count; at += 1) {
        if (isLess(at, least)) least = at;
        else if (isLess(most, at)) most = at;
      }
      const bounds = count === 0 ? { min: undefined, max: undefined } : undefined;
      const plain = new Uint8Array(wide.buffer, 0, count * 8);
      const { min, max } = bounds ?? { min: wide[least], max: wide[most] };
      const taken = { min, max, plain, distinct: count, indexes: null };
      count = 0;
      return taken;
    },
  };
}

function plainNumbers(numbers: readonly bigint[], bytes: 8 | 16): Uint8Array {
  const plain = Buffer.alloc(numbers.length * bytes);
  for (const [at, number] of numbers.entries()) {
    if (bytes === 8) plain.writeBigInt64LE(number, at * 8);
    else {
      // A DECIMAL of fixed length is two's complement with its highest byte first.
      plain.writeBigInt64BE(number >> 64n, at * 16);
      plain.writeBigUInt64BE(BigInt.asUintN(64, number), at * 16 + 8);
    }
  }
  return plain;
}

function boundsOfNumbers(numbers: readonly bigint[]): Bounds {
  let [min, max] = [numbers[0], numbers[0]];
  for (const number of numbers) {
    if (min === undefined || number < min) min = number;
    if (max === undefined || number > max) max = number;
  }
  return { min, max };
}
