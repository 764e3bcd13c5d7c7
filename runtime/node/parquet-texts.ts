import { ROW_GROUP_ROWS, isWorthIt } from './parquet-values.ts';
import type { Bounds, ValueList } from './parquet-values.ts';

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
      const bounds = boundsOfTexts(words);
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

/** Texts that hardly ever repeat: looking for those that do costs more than writing them. */
export function createTexts(): ValueList {
  let texts: string[] = [];
  return {
    add(value) {
      if (typeof value !== 'string' || !value.isWellFormed()) return false;
      texts.push(value);
      return true;
    },
    take() {
      const taken = texts;
      texts = [];
      const plain = plainTexts(taken);
      return { ...boundsOfTexts(taken), plain, distinct: taken.length, indexes: null };
    },
  };
}

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

/** Bounds in the order of UTF-8 bytes, which that of UTF-16 is but for rare characters. */
function boundsOfTexts(texts: readonly string[]): Bounds {
  let [min, max] = [texts[0], texts[0]];
  if (min === undefined || max === undefined) return { min, max };
  let narrow = true;
  for (const text of texts) {
    if (text < min) min = text;
    else if (text > max) max = text;
    narrow &&= isNarrow(text);
  }
  if (narrow) return { min, max };
  const sorted = texts.map((text) => Buffer.from(text)).sort((a, b) => a.compare(b));
  return { min: sorted[0]?.toString(), max: sorted.at(-1)?.toString() };
}

/** No surrogate among its characters? Then both orders are one. */
function isNarrow(text: string): boolean {
  return !/[\ud800-\udfff]/.test(text);
}
