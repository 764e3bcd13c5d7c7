import { decodePriceBook } from '../../pricing/price-book-json.ts';
import { createPriceIndex } from '../../pricing/price-index.ts';
import type { PriceIndex } from '../../pricing/price-index.ts';
import type { Codec, ObjectStore } from '../ports.ts';

/** A price book ready for use. */
export interface ReadBook {
  readonly prices: PriceIndex;
  readonly sha256: string;
}

/** Key of a book: named by the hash of its encoding, kept for ever. */
export function priceBookKey(sha256: string): string {
  return `prices/book-${sha256}.json`;
}

/** A book's name: the hash in its key. */
export function priceBookName(key: string): string {
  return key.replace(/^prices\/book-|\.json$/g, '');
}

/**
 * Key of the same book as a table for SQL. A folder of its own: whoever reads a folder as a table
 * reads every file in it, whatever its form.
 */
export function priceTableKey(bookKey: string): string {
  return bookKey.replace(/^prices\/(.*)\.json$/, 'prices/tables/$1.parquet');
}

/** A book whose bytes are not the ones it is named for. */
export class PriceBookAltered extends Error {
  override readonly name = 'PriceBookAltered';
}

/** See `createBookReader`. */
export interface BookReader {
  read(key: string): Promise<ReadBook>;
}

/** Reads books, each once: they never change. @throws PriceBookAltered if one was tampered with. */
export function createBookReader({
  objects,
  codec,
}: {
  objects: Pick<ObjectStore, 'get'>;
  codec: Codec;
}): BookReader {
  const books = new Map<string, ReadBook>();
  return {
    async read(key: string): Promise<ReadBook> {
      const known = books.get(key);
      if (known) return known;
      const bytes = await objects.get(key);
      const sha256 = codec.sha256(bytes);
      if (key !== priceBookKey(sha256)) {
        throw new PriceBookAltered(`price book ${key}: got bytes of hash ${sha256}`);
      }
      const prices = createPriceIndex(decodePriceBook(new TextDecoder().decode(bytes)));
      const book = { prices, sha256 };
      books.set(key, book);
      return book;
    },
  };
}
