import * as z from 'zod/mini';
import { diffBooks, holdReasons } from '../../pricing/book-diff.ts';
import { createBookReader, priceBookName } from './price-books.ts';
import type { Codec, ObjectStore } from '../ports.ts';
import { objectKey, parseInput } from '../step-input.ts';

const DiffInput = z.strictObject({ book: objectKey, previous: z.nullable(objectKey) });

export interface DiffPriceBooksOutput {
  readonly changed: boolean;
  /** Key of the whole difference; null where there is nothing to compare. */
  readonly diff: string | null;
  readonly added: number;
  readonly removed: number;
  readonly moved: number;
  readonly refused: number;
  /** How many reasons there are to hold the book. */
  readonly reasons: number;
  /** The first of them. */
  readonly hold: readonly string[];
}

/** Reasons that are passed on and told; all are in the difference that is kept. */
const NAMED_MAX = 10;

/** State `DiffPriceBooks`: what the new book says otherwise, and whether a person must see it first. */
export function createDiffPriceBooks(ports: {
  readonly objects: ObjectStore;
  readonly codec: Codec;
}) {
  const books = createBookReader(ports);
  return async function diffPriceBooks(input: unknown): Promise<DiffPriceBooksOutput> {
    const { book, previous } = parseInput(DiffInput, input);
    if (previous === null || previous === book) {
      const counts = { added: 0, removed: 0, moved: 0, refused: 0, reasons: 0 };
      return { changed: previous !== book, diff: null, ...counts, hold: [] };
    }
    const [before, after] = [await books.read(previous), await books.read(book)];
    const diff = diffBooks(before.prices.book, after.prices.book);
    const hold = holdReasons(diff);
    const key = `prices/diffs/${priceBookName(previous)}-${priceBookName(book)}.json`;
    const text = `${JSON.stringify({ previous, book, ...diff, hold }, null, 1)}\n`;
    await ports.objects.putOnce(key, new TextEncoder().encode(text));
    return {
      ...{ changed: true, diff: key, added: diff.added.length, removed: diff.removed.length },
      ...{ moved: diff.moved.length, refused: diff.refused.length, reasons: hold.length },
      hold: hold.slice(0, NAMED_MAX),
    };
  };
}
