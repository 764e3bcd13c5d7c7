import { ROW_GROUP_ROWS, isWorthIt } from './parquet-values.ts';
import type { Bounds, PlainValues, ValueList } from './parquet-values.ts';

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
export class Numbers implements ValueList {
  readonly #form: NumberForm;
  readonly #known = new Map<number | bigint, number>();
  readonly #indexes = new Int32Array(ROW_GROUP_ROWS);
  #count = 0;

  constructor(form: NumberForm) {
    this.#form = form;
  }

  add(value: unknown): boolean {
    const number = this.#form.read(value);
    if (number === undefined) return false;
    let index = this.#known.get(number);
    if (index === undefined) {
      index = this.#known.size;
      this.#known.set(number, index);
    }
    this.#indexes[this.#count] = index;
    this.#count += 1;
    return true;
  }

  take(): PlainValues {
    const { bytes } = this.#form;
    const numbers = Array.from(this.#known.keys(), BigInt);
    const taken = this.#indexes.subarray(0, this.#count);
    this.#known.clear();
    this.#count = 0;
    const bounds = boundsOfNumbers(numbers);
    const plain = plainNumbers(numbers, bytes);
    const distinct = numbers.length;
    const sizes = new Array<number>(distinct).fill(bytes);
    if (isWorthIt(sizes, taken)) return { ...bounds, plain, distinct, indexes: taken };
    const every = repeated(plain, bytes, taken);
    return { ...bounds, plain: every, distinct: taken.length, indexes: null };
  }
}

const HALF = 2 ** 32;

/** Numbers of eight bytes that hardly ever repeat. */
export class PlainNumbers implements ValueList {
  readonly #form: NumberForm;
  readonly #wide = new BigInt64Array(ROW_GROUP_ROWS);
  readonly #low = new Uint32Array(this.#wide.buffer);
  readonly #high = new Int32Array(this.#wide.buffer);
  #count = 0;

  constructor(form: NumberForm) {
    this.#form = form;
  }

  add(value: unknown): boolean {
    const number = this.#form.read(value);
    if (number === undefined) return false;
    const at = this.#count;
    if (typeof number === 'bigint') this.#wide[at] = number;
    else {
      this.#low[2 * at] = number;
      this.#high[2 * at + 1] = Math.floor(number / HALF);
    }
    this.#count = at + 1;
    return true;
  }

  take(): PlainValues {
    const count = this.#count;
    let [least, most] = [0, 0];
    for (let at = 1; at < count; at += 1) {
      if (this.#isLess(at, least)) least = at;
      else if (this.#isLess(most, at)) most = at;
    }
    const bounds =
      count === 0
        ? { min: undefined, max: undefined }
        : { min: this.#wide[least], max: this.#wide[most] };
    this.#count = 0;
    const plain = new Uint8Array(this.#wide.buffer, 0, count * 8);
    return { ...bounds, plain, distinct: count, indexes: null };
  }

  /** Compares two of the numbers without making big integers of them. */
  #isLess(a: number, b: number): boolean {
    const [left = 0, right = 0] = [this.#high[2 * a + 1], this.#high[2 * b + 1]];
    return left !== right ? left < right : (this.#low[2 * a] ?? 0) < (this.#low[2 * b] ?? 0);
  }
}

/** For each index the number that it names. */
function repeated(plain: Uint8Array, bytes: 8 | 16, indexes: Int32Array): Uint8Array {
  const words = new BigInt64Array(plain.buffer, plain.byteOffset, plain.length / 8);
  const wide = bytes / 8;
  const every = new BigInt64Array(indexes.length * wide);
  for (let at = 0; at < indexes.length; at += 1) {
    const from = (indexes[at] ?? 0) * wide;
    for (let word = 0; word < wide; word += 1) every[at * wide + word] = words[from + word] ?? 0n;
  }
  return new Uint8Array(every.buffer);
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
