import { END_STAMP_MS, parseInstant } from '../domain/instant.ts';
import { PRICES_TABLE } from '../domain/lake.ts';
import type { TableRow } from '../domain/lake.ts';
import { buildPriceBook } from '../pricing/price-book.ts';
import type { PriceBook, PriceEntry } from '../pricing/price-entry.ts';
import { encodePriceBook } from '../pricing/price-book-json.ts';
import { createPriceIndex } from '../pricing/price-index.ts';
import { readOfferPages } from '../pricing/offer-page.ts';
import { priceBookKey, priceTableKey } from './price-books.ts';
import type { Codec, ObjectStore, PriceList, Store, TableCodec } from './ports.ts';

interface PublishPorts {
  readonly priceList: PriceList;
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly tables: TableCodec;
  readonly store: Store;
}

export interface PublishedBook {
  readonly key: string;
  readonly book: PriceBook;
}

/**
 * Reads the offers, builds the price book, keeps it under its hash, as JSON and as a table for SQL,
 * and makes it the one that new runs use.
 */
export function createPublishPriceBook(ports: PublishPorts) {
  return async function publishPriceBook(): Promise<PublishedBook> {
    const offers = await ports.priceList.offers();
    const readings = offers.map(({ offer, pages }) => readOfferPages(offer, pages));
    const book = buildPriceBook({ offers: readings, dated: ports.priceList.dated });
    // Two prices at once would be found here, not when a call is rated.
    createPriceIndex(book);
    const bytes = new TextEncoder().encode(encodePriceBook(book));
    const sha256 = ports.codec.sha256(bytes);
    const key = priceBookKey(sha256);
    await ports.objects.putOnce(key, bytes);
    const rows = book.entries.map((entry) => rowOf(entry, sha256));
    const table = await ports.tables.encode(PRICES_TABLE, rows);
    await ports.objects.putOnce(priceTableKey(key), table);
    await ports.store.publishPriceBook(key);
    return { key, book };
  };
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
