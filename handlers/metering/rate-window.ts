import * as z from 'zod/mini';
import { formatInstant } from '../../domain/instant.ts';
import { CHARGES_TABLE, QUARANTINE_TABLE, USAGE_TABLE } from '../../domain/lake.ts';
import type { CountedFile } from '../../domain/ledger/manifest.ts';
import type { LineMac } from '../../domain/usage-line.ts';
import { totalsText } from '../../domain/window-totals.ts';
import type { Window } from '../../domain/window.ts';
import { IdentityDigest } from './identity-digest.ts';
import { lineControls } from './line-controls.ts';
import type { Codec, ObjectStore, QueryEngine, Store, TableCodec } from '../ports.ts';
import { createBookReader } from '../prices/price-books.ts';
import type { BookReader } from '../prices/price-books.ts';
import { addCorrections } from '../repricing/corrections.ts';
import { conflictsOf, quarantineRows } from './quarantine-rows.ts';
import { WindowRating } from './rated-window.ts';
import { isRepriceOrder } from '../repricing/reprice-order.ts';
import { GrowingTable, createRunWriter } from './run-files.ts';
import { runName } from './run-name.ts';
import { readSealedIdentities } from './sealed-identities.ts';
import { count, objectKey, parseInput, tokenSums, windowStart } from '../step-input.ts';
import { archiveUnsettled, lateArchives, openInputArchive } from './window-archives.ts';
import { readLateLines, readWindowLines } from './window-lines.ts';
import type { LateLines } from './window-lines.ts';
import { putResult } from './window-result.ts';
import type { Build, WindowResult } from './window-result.ts';

const RateWindowInput = z.strictObject({
  start: windowStart,
  slices: z.array(z.strictObject({ key: z.nullable(objectKey), query: z.unknown() })),
  late: z.array(objectKey),
  /** Pinned by the plan, so that a window rated again is rated at the same prices. */
  priceBook: objectKey,
  counted: z.strictObject({ lines: count, foreign: count, tokens: tokenSums }),
});

export interface RateWindowPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly tables: TableCodec;
  readonly store: Pick<Store, 'reservations' | 'findReservation' | 'settledLine'>;
  readonly sql: QueryEngine;
  readonly mac: LineMac;
  readonly build: Build;
}

/** References and counts for the next state; rows stay in the object store. */
export interface RateWindowOutput {
  readonly result: string;
  readonly run: string;
}

/**
 * State `RateWindow`: MAC, identity, copies and conflicts, reservations, prices; writes the archive of
 * accepted lines and the run's Parquet once, under names that follow from their content.
 */
export function createRateWindow(ports: RateWindowPorts) {
  const books = createBookReader(ports);
  return async function rate(input: unknown): Promise<RateWindowOutput> {
    const { start: window, slices, late, priceBook, counted } = parseInput(RateWindowInput, input);
    const archives = late.filter((key) => !isRepriceOrder(key));
    const tardy = await readLateLines(ports, archives, (of) => readSealedIdentities(ports, of));
    const book = await books.read(priceBook);
    const keys = slices.flatMap(({ key }) => key ?? []);
    const rated = new WindowRating(book.prices, book.sha256);
    const { archive, usage, own, identities } = await rateLines(ports, {
      ...{ window, keys, tardy, rated },
      orders: late.filter(isRepriceOrder).sort(),
      books,
    });

    const inputs = archive.file;
    const quarantined = [...own.quarantined, ...tardy.quarantined];
    const lateFiles = await lateArchives(ports, late);
    const run = runName(ports, { window, inputs, lateFiles, book: book.sha256, quarantined });
    const files = createRunWriter(ports, window, run);
    const refused = quarantineRows([...quarantined, ...rated.quarantined], ports.codec);
    // Each is on its way to the disk while the next is made.
    const [quarantine, totalsFile, unsettled] = await Promise.all([
      files.writeRows(QUARANTINE_TABLE, refused),
      files.writeTenantTotals(rated.tenants),
      archiveUnsettled(ports, window, [...own.unsettled, ...tardy.unsettled]),
      files.writeRows(CHARGES_TABLE, rated.chargeRows()),
      files.write(usage),
      archive.put(),
    ]);
    const duplicates = own.duplicates.count + tardy.duplicates.length;
    const result: WindowResult = {
      start: formatInstant(window.startMs),
      run,
      price_book: { path: priceBook, sha256: book.sha256 },
      inputs: { ...inputs, duplicates, sources: [], late: lateFiles },
      files: files.written().filter(({ path }) => path !== quarantine?.path),
      quarantine: quarantine && fileOf(quarantine),
      tenant_totals: totalsFile,
      totals: totalsText(rated.totals()),
      late: totalsText(rated.late),
      identities_sha256: identities,
      identities: inputs.rows,
      held: conflictsOf(own.quarantined),
      unsettled,
      controls: lineControls(counted, own, rated),
      queries: slices.map(({ query }) => query) as WindowResult['queries'],
    };
    return { result: await putResult(ports, window, result), run };
  };
}

interface RatedLines {
  readonly window: Window;
  /** Slices of the window. */
  readonly keys: readonly string[];
  readonly tardy: LateLines;
  readonly rated: WindowRating;
  /** Keys of the orders that the window takes in. */
  readonly orders: readonly string[];
  readonly books: BookReader;
}

/** Archives, identifies and rates every line, in one pass and without a window in memory. */
async function rateLines(ports: RateWindowPorts, lines: RatedLines) {
  const { window, keys, tardy, rated, orders, books } = lines;
  const usage = new GrowingTable(ports.tables, USAGE_TABLE);
  const archive = openInputArchive(ports, window);
  const identities = new IdentityDigest(ports.codec);

  // Corrections and late lines are of earlier windows: their ids are smaller.
  await addCorrections({ ...ports, books }, { window, orders, rated, rows: usage });
  rated.addLines(tardy.accepted, 'late', usage);
  const { batches, sums } = readWindowLines(ports, window, keys);
  for await (const lines of batches) {
    await archive.add(lines);
    identities.addAll(lines);
    rated.addLines(lines, 'call', usage);
  }
  return { archive: await archive.end(), usage, own: sums, identities: identities.sha256() };
}

function fileOf({ path, sha256, rows }: CountedFile): CountedFile {
  return { path, sha256, rows };
}
