import { runFolder } from '../domain/lake.ts';
import type { TableRow, TableSchema } from '../domain/lake.ts';
import type { DataFile, FileDigest } from '../domain/ledger/manifest.ts';
import { encodeTenantTotals } from '../domain/ledger/tenant-totals.ts';
import { totalsText } from '../domain/window-totals.ts';
import type { Totals } from '../domain/window-totals.ts';
import type { Window } from '../domain/window.ts';
import type { Codec, ObjectStore, TableCodec } from './ports.ts';

/** Rows of one file; a larger window has several. */
const PART_ROWS = 500_000;

interface RunWriterPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly tables: TableCodec;
}

/** Writes a run's files once, each under the hash of its bytes. */
export function createRunWriter(ports: RunWriterPorts, window: Window, run: string) {
  const { objects, codec, tables } = ports;
  const files: DataFile[] = [];

  async function put(table: string, bytes: Uint8Array, form: string): Promise<FileDigest> {
    const sha256 = codec.sha256(bytes);
    const path = `${runFolder(table, window, run)}/part-${sha256}.${form}`;
    await objects.putOnce(path, bytes);
    return { path, sha256 };
  }

  return {
    /** @returns the last file, or null: a table without rows has no file. */
    async write(schema: TableSchema, rows: Iterable<TableRow>): Promise<DataFile | null> {
      let last: DataFile | null = null;
      for (const part of partsOf(rows)) {
        const bytes = await tables.encode(schema, part.rows);
        const file = await put(schema.name, bytes, 'parquet');
        last = { ...file, bytes: bytes.length, rows: part.count() };
        files.push(last);
      }
      return last;
    },

    writeTenantTotals: (tenants: ReadonlyMap<string, Totals>): Promise<FileDigest> => {
      const totals = [...tenants].map(([tenant, sums]) => {
        const { unpriced: _, ...text } = totalsText(sums);
        return { tenant, ...text };
      });
      return put('tenant_totals', encodeTenantTotals(totals), 'json');
    },

    /** All table files so far, by path. */
    written: (): DataFile[] => [...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

interface Part {
  readonly rows: Iterable<TableRow>;
  readonly count: () => number;
}

/** Cuts rows into parts while they flow: no part is held, each must be read before the next. */
function* partsOf(rows: Iterable<TableRow>): Generator<Part> {
  const source = rows[Symbol.iterator]();
  for (let first = source.next(); !first.done; first = source.next()) {
    let count = 0;
    const start = first.value;
    yield {
      count: () => count,
      rows: (function* () {
        count = 1;
        yield start;
        while (count < PART_ROWS) {
          const next = source.next();
          if (next.done) return;
          count += 1;
          yield next.value;
        }
      })(),
    };
  }
}
