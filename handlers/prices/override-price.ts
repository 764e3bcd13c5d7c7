import type { PriceOverride } from '../../pricing/price-entry.ts';
import { buildPriceBook, compareOverrides } from '../../pricing/price-book.ts';
import { idsOfModel } from '../../pricing/model-names.ts';
import { createBookReader } from './price-books.ts';
import { keepBook } from './price-tables.ts';
import { replaceBook } from './publish-price-book.ts';
import type { Codec, ObjectStore, Store, TableCodec } from '../ports.ts';

interface OverridePorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly tables: TableCodec;
  readonly store: Pick<Store, 'currentPriceBook' | 'publishPriceBook'>;
}

/**
 * Adds an operator's price to the current book: a new book, published at once. What was rated before
 * stays as it is until it is repriced.
 *
 * @returns key of the new book.
 * @throws PriceBookMoved if another book became current meanwhile: try again.
 */
export function createOverridePrice(ports: OverridePorts) {
  const books = createBookReader(ports);
  return async function overridePrice(override: PriceOverride): Promise<string> {
    const previous = (await ports.store.currentPriceBook()) ?? null;
    const before = previous === null ? null : (await books.read(previous)).prices.book;
    // One model may have several ids: a price never reaches half a model.
    const added = idsOfModel(override.model).map((model) => ({ ...override, model }));
    const overrides = [...(before?.overrides ?? []), ...added].sort(compareOverrides);
    const book = before
      ? { ...before, overrides }
      : buildPriceBook({ offers: [], dated: 'published', overrides });
    const key = await keepBook(ports, book);
    await replaceBook(ports.store, { book: key, previous });
    return key;
  };
}
