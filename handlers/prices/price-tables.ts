import { END_STAMP_MS, parseInstant } from '../../domain/instant.ts';
import { PRICES_TABLE } from '../../domain/lake.ts';
import type { TableRow } from '../../domain/lake.ts';
import type { PriceBook, PriceEntry } from '../../pricing/price-entry.ts';
import { encodePriceBook } from '../../pricing/price-book-json.ts';
import { createPriceIndex } from '../../pricing/price-index.ts';
import { priceBookKey, priceTableKey } from './price-books.ts';
import type { Codec, ObjectStore, TableCodec } from '../ports.ts';

interface KeepPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly tables: TableCodec;
}

/**
 * Keeps a book for ever under its hash, as JSON and as a table for SQL. Nobody uses it by that.
 *
 * @returns its key.
 * @throws PriceIndexError if two of its prices are in force at once.
 */
export async function keepBook(
  { objects, codec, tables }: KeepPorts,
  book: PriceBook,
): Promise<string> {
  // Two prices at once are found here, not when a call is rated.
  const { entries } = createPriceIndex(book);
  const bytes = new TextEncoder().encode(encodePriceBook(book));
  const sha256 = codec.sha256(bytes);
  const key = priceBookKey(sha256);
  await objects.putOnce(key, bytes);
  const rows = [...entries].map((entry) => rowOf(entry, sha256));
  await objects.putOnce(priceTableKey(key), await tables.encode(PRICES_TABLE, rows));
  return key;
}

function rowOf(entry: PriceEntry, sha256: string): TableRow {
  const { model, scope, region, tier, mode, latency_class, context, meter, unit } = entry;
  const { effective_from: from, effective_to: to, offer, sku, rate_code } = entry;
  return {
    ...{ model, scope, region, tier, mode, latency_class, context, meter, unit },
    unit_price: entry.price,
    effective_from: from === null ? 0 : parseInstant(from),
    effective_to: to === null ? END_STAMP_MS : parseInstant(to),
    ...{ offer, sku, rate_code, price_book: sha256 },
  };
}
