import * as z from 'zod/mini';
import type { QuarantinedLine } from '../domain/accept-lines.ts';
import { hourOf, formatInstant } from '../domain/instant.ts';
import { CHARGES_TABLE, QUARANTINE_TABLE, USAGE_TABLE, schemaText } from '../domain/lake.ts';
import type { TableRow } from '../domain/lake.ts';
import { canonicalJson } from '../domain/ledger/canonical-json.ts';
import type { CountedFile, ManifestInputs } from '../domain/ledger/manifest.ts';
import { encodeLines } from '../domain/line-archive.ts';
import { rawAdmittedMs } from '../domain/raw-line.ts';
import { identityOf } from '../domain/usage-event.ts';
import type { LineMac } from '../domain/usage-line.ts';
import { totalsText } from '../domain/window-totals.ts';
import type { Window } from '../domain/window.ts';
import { partitionOf } from '../domain/window.ts';
import { createBookReader } from './price-books.ts';
import { rateWindow } from './rated-window.ts';
import type { AcceptedLine } from './rated-window.ts';
import { createRunWriter } from './run-files.ts';
import { lineControls } from './line-controls.ts';
import { readSealedIdentities } from './sealed-identities.ts';
import { count, objectKey, parseInput, tokenSums, windowStart } from './step-input.ts';
import { putResult } from './window-result.ts';
import type { Build, WindowResult } from './window-result.ts';
import { readLateLines, readWindowLines } from './window-lines.ts';
import type { Codec, ObjectStore, Store, TableCodec } from './ports.ts';
import { workFolder } from './work-folder.ts';

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
  readonly store: Store;
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
    const own = await readWindowLines(
      ports,
      window,
      slices.flatMap(({ key }) => key ?? []),
    );
    const tardy = await readLateLines(ports, late, (of) => readSealedIdentities(ports, of));
    const book = await books.read(priceBook);

    const lines = [...tardy.accepted, ...own.accepted];
    const quarantined = [...own.quarantined, ...tardy.quarantined];
    const inputs = await archiveInputs(ports, window, own.accepted);
    const lateFiles = await lateArchives(ports, late);
    const run = runOf(ports, { window, inputs, lateFiles, book: book.sha256, quarantined });

    const rated = rateWindow(lines, book.prices, book.sha256);
    const files = createRunWriter(ports, window, run);
    await files.write(USAGE_TABLE, rated.usageRows());
    await files.write(CHARGES_TABLE, rated.chargeRows());
    const allQuarantined = [...quarantined, ...rated.quarantined];
    const quarantine = await files.write(
      QUARANTINE_TABLE,
      quarantineRows(ports, window, allQuarantined),
    );
    const totalsFile = await files.writeTenantTotals(rated.tenants);

    const unsettled = await archiveUnsettled(ports, window, [...own.unsettled, ...tardy.unsettled]);
    const identities = own.accepted.map(identityOf).sort();
    const duplicates = own.duplicates.length + tardy.duplicates.length;
    const result: WindowResult = {
      start: formatInstant(window.startMs),
      run,
      price_book: { path: priceBook, sha256: book.sha256 },
      inputs: { ...inputs, duplicates, sources: [], late: lateFiles },
      files: files.written().filter(({ path }) => path !== quarantine?.path),
      quarantine: quarantine && fileOf(quarantine),
      tenant_totals: totalsFile,
      totals: totalsText(rated.totals),
      late: totalsText(rated.late),
      lines: {
        counted: counted.lines,
        parsed: own.logged.length,
        foreign: counted.foreign,
        duplicates,
        quarantined: allQuarantined.length,
        redone: own.redone.length,
        late: tardy.accepted.length,
        suspense: own.suspense,
        open: own.open,
        lost: own.lost.length,
      },
      identities_sha256: ports.codec.sha256(identities.join('\n')),
      identities: identities.length,
      held: conflictsOf(own.quarantined),
      unsettled,
      controls: lineControls(counted, own, rated),
      queries: slices.map(({ query }) => query) as WindowResult['queries'],
    };
    return { result: await putResult(ports, window, result), run };
  };
}

/** The accepted lines, sorted, one a row: a replay needs nothing else and outlives the log. */
async function archiveInputs(
  { objects, codec }: RateWindowPorts,
  window: Window,
  lines: readonly AcceptedLine[],
): Promise<Pick<ManifestInputs, 'path' | 'sha256' | 'rows'>> {
  if (lines.length === 0) return { path: null, sha256: null, rows: 0 };
  const text = lines.map((line) => `${line.text}\n`).join('');
  const bytes = codec.compress(new TextEncoder().encode(text));
  const sha256 = codec.sha256(bytes);
  const path = `inputs/${partitionOf(window)}/lines-${sha256}.ndjson.zst`;
  await objects.putOnce(path, bytes);
  return { path, sha256, rows: lines.length };
}

async function lateArchives(
  { objects, codec }: RateWindowPorts,
  keys: readonly string[],
): Promise<ManifestInputs['late']> {
  const files = [];
  for (const path of keys) {
    const bytes = await objects.get(path);
    const rows = new TextDecoder().decode(codec.decompress(bytes)).split('\n').length - 1;
    files.push({ path, sha256: codec.sha256(bytes), rows });
  }
  return files;
}

interface RunFacts {
  readonly window: Window;
  readonly inputs: Pick<ManifestInputs, 'sha256'>;
  readonly lateFiles: ManifestInputs['late'];
  readonly book: string;
  readonly quarantined: readonly QuarantinedLine[];
}

/** The run's name: all that its files depend on, and nothing else. 16 hex digits. */
function runOf({ codec, build }: RateWindowPorts, facts: RunFacts): string {
  const quarantined = facts.quarantined.map(({ text, reason }) => codec.sha256(text + reason));
  const identity = canonicalJson({
    window: formatInstant(facts.window.startMs),
    inputs: facts.inputs.sha256,
    late: facts.lateFiles.map(({ sha256 }) => sha256),
    quarantined: codec.sha256(quarantined.sort().join('\n')),
    price_book: facts.book,
    code: { ...build },
    schema: codec.sha256(schemaText()),
  });
  return codec.sha256(identity).slice(0, 16);
}

/** Rows that tell what was refused and why; digests instead of content, in a total order. */
function quarantineRows(
  { codec }: RateWindowPorts,
  window: Window,
  lines: readonly QuarantinedLine[],
): TableRow[] {
  const rows = lines.map(({ text, emittedMs, reason, identity }) => ({
    reason,
    line_sha256: codec.sha256(text),
    line_bytes: new TextEncoder().encode(text).length,
    emitted_at: emittedMs,
    identity,
    window_start: hourOf(rawAdmittedMs(text) ?? window.startMs),
  }));
  const order = ({ emitted_at, line_sha256, reason }: (typeof rows)[number]) =>
    `${emitted_at} ${line_sha256} ${reason}`;
  return rows.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

async function archiveUnsettled(
  { objects, codec }: RateWindowPorts,
  window: Window,
  lines: readonly { readonly text: string; readonly emittedMs: number }[],
): Promise<string | null> {
  if (lines.length === 0) return null;
  const bytes = codec.compress(new TextEncoder().encode(encodeLines(lines)));
  const key = `${workFolder(window)}/unsettled-${codec.sha256(bytes)}.zst`;
  await objects.putOnce(key, bytes);
  return key;
}

/** Identities whose lines contradict each other: settled, yet without a row. */
function conflictsOf(quarantined: readonly QuarantinedLine[]): string[] {
  const conflicts = quarantined.filter(({ reason }) => reason === 'conflict');
  return [...new Set(conflicts.flatMap(({ identity }) => identity ?? []))].sort();
}

function fileOf({ path, sha256, rows }: CountedFile): CountedFile {
  return { path, sha256, rows };
}
