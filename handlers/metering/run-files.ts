import { runFolder } from '../../domain/lake.ts';
import type { TableRow, TableSchema } from '../../domain/lake.ts';
import type { DataFile, FileDigest } from '../../domain/ledger/manifest.ts';
import { encodeTenantTotals } from '../../domain/ledger/tenant-totals.ts';
import { totalsText } from '../../domain/window-totals.ts';
import type { Totals } from '../../domain/window-totals.ts';
import type { Window } from '../../domain/window.ts';
import type { Codec, ObjectStore, TableCodec, TableWriter } from '../ports.ts';

/** Rows of one file; a larger window has several. */
const PART_ROWS = 500_000;

interface RunWriterPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly tables: TableCodec;
}

/** A file before the run that it belongs to has a name. */
interface Part {
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** A table of a run, whole. */
export interface RunTable {
  readonly schema: TableSchema;
  parts(): Iterable<Part> | AsyncIterable<Part>;
}

/** A table of a run in the making. Its files wait, compressed, for the run's name, which follows from its input. */
export class GrowingTable implements RunTable {
  readonly schema: TableSchema;
  readonly #tables: TableCodec;
  readonly #parts: Part[] = [];
  #part: TableWriter | undefined;

  constructor(tables: TableCodec, schema: TableSchema) {
    this.#tables = tables;
    this.schema = schema;
  }

  /** @param cells - in the order of the schema's columns; the array may be used again. */
  add(cells: readonly TableRow[string][]): void {
    this.#part ??= this.#tables.open(this.schema);
    this.#part.add(cells);
    if (this.#part.rows() === PART_ROWS) this.#endPart();
  }

  parts(): readonly Part[] {
    this.#endPart();
    return this.#parts;
  }

  #endPart(): void {
    const part = this.#part;
    if (part) this.#parts.push({ rows: part.rows(), bytes: part.finish() });
    this.#part = undefined;
  }
}

async function* partsOf(
  tables: TableCodec,
  schema: TableSchema,
  rows: readonly TableRow[],
): AsyncGenerator<Part> {
  for (let from = 0; from < rows.length; from += PART_ROWS) {
    const part = rows.slice(from, from + PART_ROWS);
    yield { bytes: await tables.encode(schema, part), rows: part.length };
  }
}

/** Writes a run's files once, each under the hash of its bytes. */
export function createRunWriter(ports: RunWriterPorts, window: Window, run: string) {
  const { objects, codec } = ports;
  const files: DataFile[] = [];

  async function put(table: string, bytes: Uint8Array, form: string): Promise<FileDigest> {
    const sha256 = codec.sha256(bytes);
    const path = `${runFolder(table, window, run)}/part-${sha256}.${form}`;
    await objects.putOnce(path, bytes);
    return { path, sha256 };
  }

  async function write(table: RunTable): Promise<DataFile | null> {
    let last: DataFile | null = null;
    for await (const { bytes, rows } of table.parts()) {
      const file = await put(table.schema.name, bytes, 'parquet');
      last = { ...file, bytes: bytes.length, rows };
      files.push(last);
    }
    return last;
  }

  return {
    /** @returns the last file, or null: a table without rows has no file. */
    write,

    /** As `write`, of rows that are there already. */
    writeRows: (schema: TableSchema, rows: readonly TableRow[]): Promise<DataFile | null> =>
      write({ schema, parts: () => partsOf(ports.tables, schema, rows) }),

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
