import { zstdDecompressSync } from 'node:zlib';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { FileMetaData } from 'hyparquet';
import { readParquet } from 'parquet-wasm';
import type { Column, TableRow, TableSchema } from '../../../domain/lake.ts';

/** A row as every reader must see it: each value as exact text, null where it is absent. */
export type ShownRow = Readonly<Record<string, string | null>>;

/** Reads a file with one library. */
export type ReadTable = (bytes: Uint8Array, schema: TableSchema) => Promise<ShownRow[]>;

type Cell = TableRow[string];

/** What was written, as readers must see it. */
export function shownRows(schema: TableSchema, rows: readonly TableRow[]): ShownRow[] {
  return rows.map((row) =>
    Object.fromEntries(
      schema.columns.map((column) => [column.name, shown(row[column.name] as Cell, column)]),
    ),
  );
}

function shown(value: Cell, { type }: Column): string | null {
  if (value === null) return null;
  return type === 'money' || type === 'call_money' ? decimalText(value as bigint) : String(value);
}

function decimalText(pico: bigint): string {
  const digits = (pico < 0n ? -pico : pico).toString().padStart(13, '0');
  return `${pico < 0n ? '-' : ''}${digits.slice(0, -12)}.${digits.slice(-12)}`;
}

function bigEndian(bytes: Uint8Array): bigint {
  return BigInt.asIntN(128, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

/** Another code base than the writer's, and the engine of the product. */
export function duckDbReader(folder: string): ReadTable {
  return async (bytes, { name, columns }) => {
    const path = join(folder, `${name}.parquet`);
    writeFileSync(path, bytes);
    const instance = await DuckDBInstance.create(':memory:', {
      enable_external_file_cache: 'false',
    });
    const connection = await instance.connect();
    const cells = columns.map(({ name: column, type }) =>
      type === 'instant'
        ? `CAST(epoch_ms(${column}) AS VARCHAR) AS ${column}`
        : `CAST(${column} AS VARCHAR) AS ${column}`,
    );
    const reader = await connection.runAndReadAll(
      `SELECT ${cells.join(', ')} FROM read_parquet('${path}')`,
    );
    const rows = reader.getRowObjectsJson() as ShownRow[];
    connection.closeSync();
    instance.closeSync();
    return rows;
  };
}

/** hyparquet, told not to make floats of decimals. */
export const rawHyparquet: ReadTable = async (bytes, { columns }) => {
  const file = arrayBufferOf(bytes);
  const metadata = rawDecimals(parquetMetadata(file));
  const rows = await parquetReadObjects({ file, metadata, compressors: { ZSTD: decompress } });
  return rows.map((row) =>
    Object.fromEntries(columns.map((column) => [column.name, rawShown(row[column.name], column)])),
  );
};

function decompress(page: Uint8Array): Uint8Array {
  return zstdDecompressSync(page);
}

/** The footer without what makes a DECIMAL of a number. */
function rawDecimals(metadata: FileMetaData): FileMetaData {
  for (const element of metadata.schema) {
    if (element.converted_type !== 'DECIMAL') continue;
    delete element.converted_type;
    delete element.logical_type;
  }
  return metadata;
}

function rawShown(value: unknown, column: Column): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return String(value.getTime());
  const exact = value instanceof Uint8Array ? bigEndian(value) : value;
  return shown(exact as Cell, column);
}

/** arrow-rs, by parquet-wasm. */
export const arrowRs: ReadTable = (bytes, { columns }) => {
  const table = tableFromIPC(readParquet(bytes).intoIPCStream());
  const rows = Array.from({ length: table.numRows }, (_, row) =>
    Object.fromEntries(
      columns.map((column) => [
        column.name,
        arrowShown(table.getChild(column.name)?.get(row), column),
      ]),
    ),
  );
  return Promise.resolve(rows);
};

function arrowShown(value: unknown, column: Column): string | null {
  if (value === null || value === undefined) return null;
  const isMoney = column.type === 'money' || column.type === 'call_money';
  return shown((isMoney ? littleEndianWords(value as Uint32Array) : value) as Cell, column);
}

function littleEndianWords(words: Uint32Array): bigint {
  const whole = words.reduceRight((value, word) => (value << 32n) | BigInt(word), 0n);
  return BigInt.asIntN(128, whole);
}

/** The bytes alone, whatever buffer they lie in. */
export function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
