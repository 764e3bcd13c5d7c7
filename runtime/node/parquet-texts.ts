import { mostBytes, writeText } from './write-text.ts';
import { ROW_GROUP_ROWS, isWorthIt } from './parquet-values.ts';
import type { PlainValues, ValueList } from './parquet-values.ts';

/** Texts that repeat: each is kept once. */
export class Words implements ValueList {
  readonly #known = new Map<string, number>();
  readonly #indexes = new Int32Array(ROW_GROUP_ROWS);
  #count = 0;
  #last: string | undefined;
  #lastIndex = 0;

  add(value: unknown): boolean {
    if (typeof value !== 'string') return false;
    // Neighbours often agree, and then no table need be asked.
    if (value !== this.#last) {
      const index = this.#known.get(value) ?? this.#learn(value);
      if (index < 0) return false;
      this.#lastIndex = index;
      this.#last = value;
    }
    this.#indexes[this.#count] = this.#lastIndex;
    this.#count += 1;
    return true;
  }

  /** @returns -1 for a text with a lone surrogate, which would become another text. */
  #learn(value: string): number {
    if (!value.isWellFormed()) return -1;
    this.#known.set(value, this.#known.size);
    return this.#known.size - 1;
  }

  take(): PlainValues {
    const words = [...this.#known.keys()];
    const taken = this.#indexes.subarray(0, this.#count);
    const bounds = words.reduce(widened, NO_BOUNDS);
    this.#known.clear();
    this.#last = undefined;
    this.#count = 0;
    const sizes = words.map((word) => Buffer.byteLength(word) + LENGTH_BYTES);
    if (isWorthIt(sizes, taken)) {
      return { ...bounds, plain: plainTexts(words), distinct: words.length, indexes: taken };
    }
    const every = Array.from(taken, (index) => words[index] ?? '');
    return { ...bounds, plain: plainTexts(every), distinct: every.length, indexes: null };
  }
}

/**
 * Texts that hardly ever repeat: looking for those that do costs more than writing them. They are
 * written at once, so that nobody holds them until the group is full.
 */
export class Texts implements ValueList {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #size = 0;
  #count = 0;
  /** Where the least and the greatest stand in the bytes. */
  #least: Place = NOWHERE;
  #most: Place = NOWHERE;

  add(value: unknown): boolean {
    if (typeof value !== 'string' || !value.isWellFormed()) return false;
    const most = this.#size + LENGTH_BYTES + mostBytes(value);
    if (most > this.#bytes.length) this.#widen(2 * most);
    const from = this.#size + LENGTH_BYTES;
    const length = writeText(this.#bytes, value, from);
    this.#bytes.writeUInt32LE(length, this.#size);
    this.#size = from + length;
    this.#count += 1;
    this.#extend({ from, to: from + length });
    return true;
  }

  #widen(room: number): void {
    const wider = Buffer.allocUnsafe(room);
    this.#bytes.copy(wider, 0, 0, this.#size);
    this.#bytes = wider;
  }

  /** Order of UTF-8 bytes, as readers of statistics expect. */
  #extend(place: Place): void {
    if (this.#count === 1) [this.#least, this.#most] = [place, place];
    // Ids come in order: mostly there is one comparison to make.
    else if (this.#compare(place, this.#most) > 0) this.#most = place;
    else if (this.#compare(place, this.#least) < 0) this.#least = place;
  }

  #compare(a: Place, b: Place): number {
    const bytes = this.#bytes;
    const length = Math.min(a.to - a.from, b.to - b.from);
    for (let at = 0; at < length; at += 1) {
      const difference = (bytes[a.from + at] ?? 0) - (bytes[b.from + at] ?? 0);
      if (difference !== 0) return difference;
    }
    return a.to - a.from - (b.to - b.from);
  }

  take(): PlainValues {
    const textAt = ({ from, to }: Place) =>
      this.#count === 0 ? undefined : this.#bytes.toString('utf8', from, to);
    const bounds = { min: textAt(this.#least), max: textAt(this.#most) };
    const plain = this.#bytes.subarray(0, this.#size);
    const taken = { ...bounds, plain, distinct: this.#count, indexes: null };
    [this.#size, this.#count] = [0, 0];
    return taken;
  }
}

interface Place {
  readonly from: number;
  readonly to: number;
}

const NOWHERE: Place = { from: 0, to: 0 };
const FIRST_BYTES = 2 ** 16;
const LENGTH_BYTES = 4;

/** Each text as UTF-8 behind its length. */
function plainTexts(texts: readonly string[]): Buffer {
  let most = 0;
  for (const text of texts) most += mostBytes(text) + LENGTH_BYTES;
  const bytes = Buffer.allocUnsafe(most);
  let at = 0;
  for (const text of texts) {
    const length = writeText(bytes, text, at + LENGTH_BYTES);
    bytes.writeUInt32LE(length, at);
    at += length + LENGTH_BYTES;
  }
  return bytes.subarray(0, at);
}

interface TextBounds {
  readonly min: string | undefined;
  readonly max: string | undefined;
}

const NO_BOUNDS: TextBounds = { min: undefined, max: undefined };

function widened(bounds: TextBounds, text: string): TextBounds {
  const { min, max } = bounds;
  if (min === undefined || max === undefined) return { min: text, max: text };
  if (isBefore(text, min)) return { min: text, max };
  return isBefore(max, text) ? { min, max: text } : bounds;
}

/** Order of UTF-8 bytes, which that of UTF-16 is but where characters need two units. */
function isBefore(a: string, b: string): boolean {
  if (a === b) return false;
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
  if (!(left >= FIRST_SURROGATE && right >= FIRST_SURROGATE)) return a < b;
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}

const FIRST_SURROGATE = 0xd800;
