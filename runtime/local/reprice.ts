import { existsSync } from 'node:fs';
import { formatInstant } from '../../domain/instant.ts';
import { readManifestsSince } from '../../handlers/metering/ledger-head.ts';
import { createBookReader, priceBookKey } from '../../handlers/prices/price-books.ts';
import { keepBook } from '../../handlers/prices/price-tables.ts';
import { putOrder } from '../../handlers/repricing/reprice-order.ts';
import { repriceReport } from '../../handlers/repricing/reprice-report.ts';
import type { RepriceRow } from '../../handlers/repricing/reprice-report.ts';
import { encodePriceBook } from '../../pricing/price-book-json.ts';
import { createPriceIndex } from '../../pricing/price-index.ts';
import { nodeCodec } from '../node/codec.ts';
import { parquetTables } from '../node/parquet-tables.ts';
import { NoPriceBook, readBookFile } from './book-source.ts';
import type { DataFolder } from './data-folder.ts';
import { createFolderObjects } from './lake/folder-objects.ts';
import { openLake } from './lake/lake-reader.ts';

export interface RepriceOptions {
  readonly folder: DataFolder;
  /** UTC ms, whole hours, inclusive and exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  /** A file, or the hash of a book that the lake keeps. */
  readonly book: string;
  /** Null: only the report. */
  readonly apply: { readonly reason: string; readonly by: string } | null;
}

export interface RepriceResult {
  /** Hash of the book. */
  readonly book: string;
  readonly rows: readonly RepriceRow[];
  /** Key of the order that the next window carries out; null if none was given. */
  readonly order: string | null;
}

const HASH = /^[0-9a-f]{64}$/;

/** Says what another book would change, and gives the order to change it if asked to. */
export async function reprice(options: RepriceOptions): Promise<RepriceResult> {
  const { folder, fromMs, toMs, apply } = options;
  const objects = createFolderObjects(folder.lake);
  const books = createBookReader({ objects, codec: nodeCodec });
  const engine = await openLake(folder.lake);
  try {
    const ports = { objects, books, codec: nodeCodec, sql: engine };
    const manifests = [...(await readManifestsSince(ports, fromMs))].reverse();
    const given = existsSync(options.book);
    if (!given && !HASH.test(options.book)) {
      throw new NoPriceBook(`${options.book}: got neither a file nor the hash of a book`);
    }
    const book = given ? readGiven(options.book) : await books.read(priceBookKey(options.book));
    const rows = await repriceReport(ports, manifests, { fromMs, toMs, book });
    if (!apply) return { book: book.sha256, rows, order: null };
    const keeping = { objects, codec: nodeCodec, tables: parquetTables };
    const key = given ? await keepBook(keeping, book.prices.book) : priceBookKey(options.book);
    const range = { from: formatInstant(fromMs), to: formatInstant(toMs) };
    const order = await putOrder(ports, {
      ...{ schema: 'tollbook.reprice/1', ...range, book: key, ...apply },
    });
    return { book: book.sha256, rows, order };
  } finally {
    engine.close();
  }
}

function readGiven(path: string) {
  const book = readBookFile(path);
  return { prices: createPriceIndex(book), sha256: nodeCodec.sha256(encodePriceBook(book)) };
}
