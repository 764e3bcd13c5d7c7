import { ROW_GROUP_ROWS, isWorthIt } from './parquet-values.ts';
import type { ValueList } from './parquet-values.ts';

/** Texts that repeat: each is kept once. */
export function createWords(): ValueList {
  const known = new Map<string, number>();
  const indexes = new Int32Array(ROW_GROUP_ROWS);
  let count = 0;
  let last: string | undefined;
  let lastIndex = 0;

  return {
    add(value) {
      if (typeof value !== 'string') return false;
      // Neighbours often agree, and then no table need be asked.
      if (value !== last) {
        const index = known.get(value);
        if (index === undefined) {
          // A lone surrogate would become another text.
          if (!value.isWellFormed()) return false;
          lastIndex = known.size;
          known.set(value, lastIndex);
        } else lastIndex = index;
        last = value;
      }
      indexes[count] = lastIndex;
      count += 1;
      return true;
    },
    take() {
      const words = [...known.keys()];
      const taken = indexes.subarray(0, count);
      const bounds = words.reduce(widened, NO_BOUNDS);
      known.clear();
      last = undefined;
      count = 0;
      const sizes = words.map((word) => Buffer.byteLength(word) + LENGTH_BYTES);
      if (isWorthIt(sizes, taken)) {
        return { ...bounds, plain: plainTexts(words), distinct: words.length, indexes: taken };
      }
      const every = Array.from(taken, (index) => words[index] ?? '');
      return { ...bounds, plain: plainTexts(every), distinct: every.length, indexes: null };
    },
  };
}

/**
 * Texts that hardly ever repeat: looking for those that do costs more than writing them. They are
 * written at once, so that nobody holds them until the group is full.
 */
export function createTexts(): ValueList {
  let bytes = Buffer.allocUnsafe(FIRST_BYTES);
  let [size, count] = [0, 0];
  let bounds = NO_BOUNDS;

  function append(text: string): void {
    const most = size + LENGTH_BYTES + text.length * UNIT_BYTES;
    if (most > bytes.length) {
      const wider = Buffer.allocUnsafe(2 * most);
      bytes.copy(wider, 0, 0, size);
      bytes = wider;
    }
    const length = bytes.write(text, size + LENGTH_BYTES, 'utf8');
    bytes.writeUInt32LE(length, size);
    size += LENGTH_BYTES + length;
  }

  return {
    add(value) {
      if (typeof value !== 'string' || !value.isWellFormed()) return false;
      append(value);
      bounds = widened(bounds, value);
      count += 1;
      return true;
    },
    take() {
      const taken = { ...bounds, plain: bytes.subarray(0, size), distinct: count, indexes: null };
      [size, count, bounds] = [0, 0, NO_BOUNDS];
      return taken;
    },
  };
}

const FIRST_BYTES = 2 ** 16;
/** Most bytes of a UTF-16 unit in UTF-8. */
const UNIT_BYTES = 3;
const LENGTH_BYTES = 4;

/** Each text as UTF-8 behind its length. */
function plainTexts(texts: readonly string[]): Buffer {
  let most = 0;
  for (const text of texts) most += text.length * 3 + LENGTH_BYTES;
  const bytes = Buffer.allocUnsafe(most);
  let at = 0;
  for (const text of texts) {
    const length = bytes.write(text, at + LENGTH_BYTES, 'utf8');
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
