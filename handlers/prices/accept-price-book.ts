import * as z from 'zod/mini';
import { getHeld } from './held-price-book.ts';
import { priceBookKey } from './price-books.ts';
import { replaceBook } from './publish-price-book.ts';
import type { ObjectStore, Store } from '../ports.ts';
import { parseInput } from '../step-input.ts';

const AcceptInput = z.strictObject({
  book: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  reason: z.string().check(z.minLength(1), z.maxLength(500)),
  by: z.string().check(z.minLength(1), z.maxLength(200)),
});

/**
 * State `AcceptPriceBook`: a person has looked at a held book and takes it as it is. Who and why is
 * written down beside it.
 *
 * @throws PriceBookNotHeld, PriceBookMoved
 */
export function createAcceptPriceBook(ports: {
  readonly objects: ObjectStore;
  readonly store: Pick<Store, 'currentPriceBook' | 'publishPriceBook'>;
}) {
  return async function acceptPriceBook(input: unknown): Promise<{ readonly published: string }> {
    const { book: name, reason, by } = parseInput(AcceptInput, input);
    const book = priceBookKey(name);
    const { previous } = await getHeld(ports.objects, book);
    await replaceBook(ports.store, { book, previous });
    const text = `${JSON.stringify({ book, previous, by, reason }, null, 1)}\n`;
    await ports.objects.putOnce(`prices/accepted/${name}.json`, new TextEncoder().encode(text));
    return { published: book };
  };
}
