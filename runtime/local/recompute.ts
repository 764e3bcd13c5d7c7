import type { IdentifiedLine } from '../../domain/accept-lines.ts';
import { byIdentity, identityIn } from '../../domain/accept-lines.ts';
import { CHARGES_TABLE, USAGE_TABLE } from '../../domain/lake.ts';
import type { Manifest } from '../../domain/ledger/manifest.ts';
import { parseWindow } from '../../domain/window.ts';
import { readManifestsSince } from '../../handlers/ledger-head.ts';
import type { ObjectStore } from '../../handlers/ports.ts';
import { createBookReader } from '../../handlers/price-books.ts';
import { createWindowRating } from '../../handlers/rated-window.ts';
import type { RowKind, WindowRating } from '../../handlers/rated-window.ts';
import { createRunWriter, openRunTable } from '../../handlers/run-files.ts';
import { readArchive } from '../../handlers/window-lines.ts';
import { nodeCodec } from '../node/codec.ts';
import { parquetTables } from '../node/parquet-tables.ts';
import { createFolderObjects } from './folder-objects.ts';
import { ask, openLake } from './lake-reader.ts';

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
  const results: Recomputed[] = [];
  for (const manifest of [...manifests].reverse()) {
    const { statement, seq } = manifest;
    const book = await books.read(statement.price_book.path);
    const lines = await archivedLines(lake, objects, manifest);
    const rating = createWindowRating(book.prices, book.sha256);
    const made = await encodeRun(manifest, rating, lines);
    const sealed = statement.files.map(({ path }) => path);
    const missing = sealed.filter((path) => !made.has(path));
    const otherBuild = statement.code.build_sha256 !== buildSha256;
    const verdict = missing.length === 0 ? 'same' : otherBuild ? 'other build' : 'differs';
    results.push({ seq, window: statement.window.start, verdict, missing });
  }
  return results;
}

/** Paths, which end in the hash of the bytes, of the files that the run would have. */
async function encodeRun(
  { statement }: Manifest,
  rating: WindowRating,
  lines: AcceptedLines,
): Promise<Set<string>> {
  const run = /\/run=([0-9a-f]{16})\//.exec(statement.tenant_totals.path)?.[1] ?? '';
  const nowhere: Pick<ObjectStore, 'putOnce'> = { putOnce: () => Promise.resolve() };
  const ports = { objects: nowhere as ObjectStore, codec: nodeCodec, tables: parquetTables };
  const writer = createRunWriter(ports, parseWindow(statement.window.start), run);
  const usage = openRunTable(parquetTables, USAGE_TABLE);
  for (const kind of ['late', 'call'] as const) {
    for (const line of lines[kind]) {
      const cells = rating.rate(line, kind);
      if (cells) usage.add(cells);
    }
  }
  await writer.write(usage);
  await writer.writeRows(CHARGES_TABLE, rating.chargeRows());
  return new Set(writer.written().map(({ path }) => path));
}

/** Lines that become rows, each list sorted by identity. */
type AcceptedLines = Readonly<Record<RowKind, readonly IdentifiedLine[]>>;

/** The window's accepted lines and the late ones it took in, without those put into quarantine. */
async function archivedLines(
  lake: string,
  objects: ObjectStore,
  { statement }: Manifest,
): Promise<AcceptedLines> {
  const { inputs, quarantine } = statement;
  const call: IdentifiedLine[] = [];
  if (inputs.path !== null) {
    const text = nodeCodec.decompressText(await objects.get(inputs.path));
    for (const line of text.split('\n').slice(0, -1)) call.push(identified(line));
  }
  const refused = quarantine ? await quarantined(lake, quarantine.path) : new Set<string>();
  const late: IdentifiedLine[] = [];
  for (const { path } of inputs.late) {
    for (const { text } of await readArchive({ objects, codec: nodeCodec }, path)) {
      if (!refused.has(nodeCodec.sha256(text))) late.push(identified(text));
    }
  }
  return { late: late.sort(byIdentity), call };
}

function identified(text: string): IdentifiedLine {
  const { id, attempt } = identityIn(text) ?? { id: '', attempt: 1 };
  return { text, emittedMs: 0, id, attempt };
}

async function quarantined(lake: string, path: string): Promise<Set<string>> {
  const engine = await openLake(lake);
  try {
    const run = /\/run=([0-9a-f]{16})\//.exec(path)?.[1] ?? '';
    const { rows } = await ask(engine, `SELECT line_sha256 FROM quarantine WHERE run = '${run}'`);
    return new Set(rows.flatMap(([digest]) => digest ?? []));
  } finally {
    engine.close();
  }
}
