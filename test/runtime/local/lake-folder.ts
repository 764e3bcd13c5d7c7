import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runFolder } from '../../../domain/lake.ts';
import type { TableRow, TableSchema } from '../../../domain/lake.ts';
import { manifestPath } from '../../../domain/ledger/manifest.ts';
import { parseWindow, partitionOf } from '../../../domain/window.ts';
import type { RunFiles } from '../../../handlers/ports.ts';
import { openDuckDb } from '../../../runtime/local/lake/duckdb-engine.ts';
import { createManifestCatalog } from '../../../runtime/local/lake/manifest-catalog.ts';
import { parquetTables } from '../../../runtime/node/parquet-tables.ts';
import { buildLedger, sha256 } from '../../ledger/build-ledger.ts';

const window = parseWindow('2026-02-01T09:00:00.000Z');

interface ManifestPart {
  seq: number;
  prev: string | null;
  statement: { files: object[] };
}

/** An empty lake in a folder of its own, with DuckDB over its manifests. */
export async function openLakeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-lake-'));
  const lake = join(folder, 'lake');
  mkdirSync(lake);
  const catalog = createManifestCatalog(lake);
  const sql = await openDuckDb({ lake, catalog, threads: 2 });
  let sealed = 0;

  async function put(path: string, schema: TableSchema, rows: readonly TableRow[]) {
    const bytes = await parquetTables.encode(schema, rows);
    mkdirSync(dirname(join(lake, path)), { recursive: true });
    writeFileSync(join(lake, path), bytes);
    return { path, sha256: sha256(bytes), bytes: bytes.length, rows: rows.length };
  }

  async function write(schema: TableSchema, run: string, rows: readonly TableRow[]) {
    const path = `${runFolder(schema.name, window, run)}/part-${sha256(run)}.parquet`;
    await put(path, schema, rows);
    return { table: schema.name, partition: partitionOf(window), run, keys: [path] };
  }

  /** A real signed manifest, made to name these files. */
  async function seal(files: readonly RunFiles[]) {
    const ledger = await buildLedger(mkdtempSync(join(folder, 'ledger-')), [{ usageRows: 1 }]);
    const paths = files.flatMap(({ keys }) => keys).sort();
    await ledger.reseal(0, (manifest: ManifestPart) => {
      manifest.seq = sealed;
      manifest.prev = sealed === 0 ? null : sha256('before');
      manifest.statement.files = paths.map((one) => {
        return { path: one, sha256: sha256(one), bytes: 1, rows: 1 };
      });
    });
    const path = join(lake, manifestPath(sealed));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, ledger.read(manifestPath(0)));
    sealed += 1;
  }

  function close(): void {
    sql.close();
    rmSync(folder, { recursive: true, force: true });
  }

  return { lake, catalog, sql, put, write, seal, close };
}
