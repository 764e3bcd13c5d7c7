import { buildPriceBook } from '../../pricing/price-book.ts';
import type { PriceBook } from '../../pricing/price-entry.ts';
import { readOfferPages } from '../../pricing/offer-page.ts';
import { keepBook } from './price-tables.ts';
import type { Codec, ObjectStore, PriceList, Store, TableCodec } from '../ports.ts';

interface FirstBookPorts {
  readonly priceList: PriceList;
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly tables: TableCodec;
  readonly store: Store;
}

export interface FirstBook {
  readonly key: string;
  readonly book: PriceBook;
}

/**
 * Reads the offers, builds the price book, keeps it under its hash, and makes it the one that new runs
 * use: for a deployment that has none yet. Later ones come through the pricing workflow.
 */
export function createFirstPriceBook(ports: FirstBookPorts) {
  return async function firstPriceBook(): Promise<FirstBook> {
    const offers = await ports.priceList.offers();
    const readings = offers.map(({ offer, region, pages }) => ({
      ...readOfferPages(offer, pages),
      region,
    }));
    const book = buildPriceBook({ offers: readings, dated: ports.priceList.dated });
    const key = await keepBook(ports, book);
    await ports.store.publishPriceBook(key);
    return { key, book };
  };
}
