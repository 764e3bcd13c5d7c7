import * as z from 'zod/mini';
import type { Store } from '../ports.ts';
import { objectKey, parseInput } from '../step-input.ts';

const PublishInput = z.strictObject({ book: objectKey, previous: z.nullable(objectKey) });

/** Another book became current since this one was built: it must be built after that one. */
export class PriceBookMoved extends Error {
  override readonly name = 'PriceBookMoved';
}

type Books = Pick<Store, 'currentPriceBook' | 'publishPriceBook'>;

/**
 * Makes a book the one that new runs use.
 *
 * @throws PriceBookMoved unless the book it was built after is still the current one: what that one
 * gained since, such as an override, would be lost.
 */
export async function replaceBook(
  store: Books,
  { book, previous }: { readonly book: string; readonly previous: string | null },
): Promise<void> {
  const current = (await store.currentPriceBook()) ?? null;
  if (current === book) return;
  if (current !== previous) {
    throw new PriceBookMoved(
      `price book ${book}: got ${current ?? 'none'} as the current one, expected ${previous ?? 'none'}`,
    );
  }
  await store.publishPriceBook(book);
}

/** State `PublishPriceBook`: windows that are planned from now on are rated with this book. */
export function createPublishPriceBook({ store }: { readonly store: Books }) {
  return async function publishPriceBook(input: unknown): Promise<{ readonly published: string }> {
    const { book, previous } = parseInput(PublishInput, input);
    await replaceBook(store, { book, previous });
    return { published: book };
  };
}
