import type { IdentifiedLine } from '../../../domain/accept-lines.ts';
import { byIdentity } from '../../../domain/accept-lines.ts';
import { CHARGES_TABLE, USAGE_TABLE } from '../../../domain/lake.ts';
import type { Manifest } from '../../../domain/ledger/manifest.ts';
import { parseWindow } from '../../../domain/window.ts';
import { addCorrections } from '../../../handlers/repricing/corrections.ts';
import { readManifestsSince } from '../../../handlers/metering/ledger-head.ts';
import type { ObjectStore } from '../../../handlers/ports.ts';
import { createBookReader } from '../../../handlers/prices/price-books.ts';
import { WindowRating } from '../../../handlers/metering/rated-window.ts';
import type { RowKind } from '../../../handlers/metering/rated-window.ts';
import type { RepricePorts } from '../../../handlers/repricing/reprice-calls.ts';
import { RepriceRefused, ordersOf } from '../../../handlers/repricing/reprice-order.ts';
import { createRunWriter, GrowingTable } from '../../../handlers/metering/run-files.ts';
import { sealedLines } from '../../../handlers/repricing/sealed-calls.ts';
import { nodeCodec } from '../../node/codec.ts';
import { parquetTables } from '../../node/parquet-tables.ts';
import { createFolderObjects } from '../lake/folder-objects.ts';
import { openLake } from '../lake/lake-reader.ts';

/** A window whose bytes come out otherwise. */
export interface Recomputed {
  readonly seq: number;
  readonly window: string;
  /** `other build`: the sealed bytes are another build's, which alone can prove or disprove them. */
  readonly verdict: 'same' | 'differs' | 'other build';
  /** Sealed files that were not made again. */
  readonly missing: readonly string[];
}

/**
 * Prices the archived lines of every window again, with the price book it names, and compares the
 * bytes of usage and charges with the sealed ones.
 */
export async function recompute(lake: string, buildSha256: string): Promise<Recomputed[]> {
  const objects = createFolderObjects(lake);
  const books = createBookReader({ objects, codec: nodeCodec });
  const manifests = await readManifestsSince({ objects, codec: nodeCodec }, 0);
  const engine = await openLake(lake);
  const ports = { objects, books, codec: nodeCodec, sql: engine };
  try {
    const results: Recomputed[] = [];
    for (const manifest of [...manifests].reverse()) {
      const { statement, seq } = manifest;
      const made = await remakeRun(ports, manifest);
      const sealed = statement.files.map(({ path }) => path);
      const missing = sealed.filter((path) => !made.has(path));
      const otherBuild = statement.code.build_sha256 !== buildSha256;
      const verdict = missing.length === 0 ? 'same' : otherBuild ? 'other build' : 'differs';
      results.push({ seq, window: statement.window.start, verdict, missing });
    }
    return results;
  } finally {
    engine.close();
  }
}

/** Paths, which end in the hash of the bytes, of the files that the run would have. */
async function remakeRun(ports: RepricePorts, manifest: Manifest): Promise<Set<string>> {
  const { statement } = manifest;
  const run = /\/run=([0-9a-f]{16})\//.exec(statement.tenant_totals.path)?.[1] ?? '';
  const nowhere: Pick<ObjectStore, 'putOnce'> = { putOnce: () => Promise.resolve() };
  const window = parseWindow(statement.window.start);
  const writing = { objects: nowhere as ObjectStore, codec: nodeCodec, tables: parquetTables };
  const writer = createRunWriter(writing, window, run);
  const usage = new GrowingTable(parquetTables, USAGE_TABLE);
  const book = await ports.books.read(statement.price_book.path);
  const rated = new WindowRating(book.prices, book.sha256);
  try {
    const orders = ordersOf(manifest);
    await addCorrections(ports, { window, orders, rated, rows: usage });
  } catch (error) {
    // Another build's ratings cannot be taken back by this one: its files are not made again.
    if (!(error instanceof RepriceRefused)) throw error;
    return new Set();
  }
  const lines = await archivedLines(ports, manifest);
  for (const kind of ['late', 'call'] as const) {
    rated.addLines(lines[kind], kind, usage);
  }
  await writer.write(usage);
  await writer.writeRows(CHARGES_TABLE, rated.chargeRows());
  return new Set(writer.written().map(({ path }) => path));
}

/** Lines that become rows, each list sorted by identity. */
type AcceptedLines = Readonly<Record<RowKind, readonly IdentifiedLine[]>>;

/** The window's accepted lines and the late ones it took in, without those put into quarantine. */
async function archivedLines(ports: RepricePorts, manifest: Manifest): Promise<AcceptedLines> {
  const { call, late } = await sealedLines(ports, manifest, true);
  return { late: [...late].sort(byIdentity), call };
}
