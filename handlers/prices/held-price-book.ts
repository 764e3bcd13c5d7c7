import * as z from 'zod/mini';
import { priceBookName } from './price-books.ts';
import { ObjectNotFound } from '../ports.ts';
import type { ObjectStore } from '../ports.ts';
import { count, objectKey, parseInput } from '../step-input.ts';

const Held = z.strictObject({
  book: objectKey,
  /** The book that was current when it was built. */
  previous: objectKey,
  diff: objectKey,
  reasons: count,
  hold: z.array(z.string()),
});

/** A book that waits for a person, and why. */
export type HeldBook = z.output<typeof Held>;

/** No such book is held. */
export class PriceBookNotHeld extends Error {
  override readonly name = 'PriceBookNotHeld';
}

/** Reads a state's input that describes a held book. */
export const parseHeld = (input: unknown): HeldBook => parseInput(Held, input);

/** Where it is written down that a book is held. */
export function heldKey(book: string): string {
  return `prices/held/${priceBookName(book)}.json`;
}

/** Writes down that a book is held; the same book is held once. */
export async function putHeld(objects: ObjectStore, held: HeldBook): Promise<void> {
  const text = `${JSON.stringify(held, null, 1)}\n`;
  await objects.putOnce(heldKey(held.book), new TextEncoder().encode(text));
}

/** @throws PriceBookNotHeld */
export async function getHeld(objects: ObjectStore, book: string): Promise<HeldBook> {
  try {
    const bytes = await objects.get(heldKey(book));
    return parseHeld(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    if (!(error instanceof ObjectNotFound)) throw error;
    throw new PriceBookNotHeld(`price book ${book}: is not held`);
  }
}
