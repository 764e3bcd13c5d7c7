import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBookReader } from '../../handlers/prices/price-books.ts';
import { buildPriceBook } from '../../pricing/price-book.ts';
import { decodePriceBook } from '../../pricing/price-book-json.ts';
import type { PriceBook } from '../../pricing/price-entry.ts';
import { nodeCodec } from '../node/codec.ts';
import { openDataFolder } from './data-folder.ts';
import type { DataFolder } from './data-folder.ts';
import { createFolderObjects } from './lake/folder-objects.ts';
import { CHECKOUT } from './metering-ports.ts';
import { readOffers } from './offer-source.ts';
import { createSqliteStore } from './sqlite/sqlite-store.ts';

/** Pages that public records were laid out as: what there is without an account. */
export const RECORDED_PAGES = join(CHECKOUT, 'fixtures', 'get-products');

/** Which book is meant: a file, the current one of a data folder, or else the recorded pages. */
export interface BookSource {
  readonly book?: string | undefined;
  readonly data?: string | undefined;
}

/** A data folder without a price book, or no such file or folder. */
export class NoPriceBook extends Error {
  override readonly name = 'NoPriceBook';
}

/** Reads the book that is meant. @throws NoPriceBook, PriceBookError, OfferPagesError */
export async function openBook({ book, data }: BookSource): Promise<PriceBook> {
  if (book !== undefined) return readBookFile(book);
  if (data !== undefined) return currentBook(data);
  return buildPriceBook({ offers: await readOffers(RECORDED_PAGES), dated: 'recorded' });
}

/** Reads a file that `prices build` wrote, or a book of a lake. */
export function readBookFile(path: string): PriceBook {
  if (!existsSync(path)) throw new NoPriceBook(`${path}: got no such file`);
  return decodePriceBook(readFileSync(path, 'utf8'));
}

/** Opens a data folder that is there: looking must not make one. @throws NoPriceBook if there is none */
export function openPricedFolder(data: string): DataFolder {
  if (!existsSync(join(data, 'store.sqlite'))) throw new NoPriceBook(`${data}: is no data folder`);
  return openDataFolder(data);
}

async function currentBook(data: string): Promise<PriceBook> {
  const folder = openPricedFolder(data);
  const store = createSqliteStore({ file: folder.store });
  try {
    const key = await store.currentPriceBook();
    if (key === undefined) throw new NoPriceBook(`${data}: no price book is published yet`);
    const objects = createFolderObjects(folder.lake);
    return (await createBookReader({ objects, codec: nodeCodec }).read(key)).prices.book;
  } finally {
    store.close();
  }
}
