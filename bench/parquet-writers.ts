import { DuckDBDecimalValue, DuckDBInstance, DuckDBTimestampTZValue } from '@duckdb/node-api';
import type { DuckDBAppender } from '@duckdb/node-api';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Column, TableRow, TableSchema } from '../domain/lake.ts';
import { formatUsd } from '../domain/money.ts';
import { ROW_GROUP_ROWS, parquetTables } from '../runtime/node/parquet-tables.ts';

/** Writes rows to a file, chunk by chunk as they come. */
export type RowsWriter = (job: WriteJob) => Promise<void>;

export interface WriteJob {
  readonly schema: TableSchema;
  readonly chunks: Iterable<readonly TableRow[]>;
  readonly file: string;
}

/** Our sink takes rows one by one and gives the bytes of a part. */
async function tollbook({ schema, chunks, file }: WriteJob): Promise<void> {
  function* rows(): Generator<TableRow> {
    for (const chunk of chunks) yield* chunk;
  }
  writeFileSync(file, await parquetTables.encode(schema, rows()));
}

interface LiteWriter {
  appendRow(row: Record<string, unknown>): Promise<void>;
  setRowGroupSize(rows: number): void;
  close(): Promise<void>;
}

interface Lite {
  readonly ParquetSchema: new (fields: Record<string, unknown>) => unknown;
  readonly ParquetWriter: { openFile(schema: unknown, file: string): Promise<LiteWriter> };
  readonly ParquetReader: { openFile(file: string): Promise<LiteReader> };
}

interface LiteReader {
  getCursor(): { next(): Promise<Record<string, unknown> | null> };
  close(): Promise<void>;
}

/** parquetjs-lite is CommonJS and warns of `Buffer()` once; it has no types. */
export function loadLite(): Lite {
  return createRequire(import.meta.url)('parquetjs-lite') as Lite;
}

/** How parquetjs-lite can hold our types: money, for want of a decimal, as text or as a double. */
function liteField(column: Column, money: 'UTF8' | 'DOUBLE', compression: string) {
  const type = {
    ...{ text: 'UTF8', count: 'INT64', boolean: 'BOOLEAN', instant: 'TIMESTAMP_MILLIS' },
    ...{ call_money: money, money },
  }[column.type];
  return { type, compression, ...(column.optional && { optional: true }) };
}

function liteValue(column: Column, value: TableRow[string], money: 'UTF8' | 'DOUBLE'): unknown {
  if (value === null) return undefined;
  if (column.type === 'instant') return new Date(Number(value));
  if (typeof value !== 'bigint' || column.type === 'count') return value;
  return money === 'UTF8' ? formatUsd(value) : Number(formatUsd(value));
}

/** parquetjs-lite with the row groups of our sink. */
export function parquetjsLite(compression: string, money: 'UTF8' | 'DOUBLE' = 'UTF8'): RowsWriter {
  return async ({ schema, chunks, file }) => {
    const { ParquetSchema, ParquetWriter } = loadLite();
    const fields = schema.columns.map(
      (column) => [column.name, liteField(column, money, compression)] as const,
    );
    const writer = await ParquetWriter.openFile(
      new ParquetSchema(Object.fromEntries(fields)),
      file,
    );
    writer.setRowGroupSize(ROW_GROUP_ROWS);
    for (const chunk of chunks) {
      for (const row of chunk) {
        const cells = schema.columns.map(
          (column) => [column.name, liteValue(column, row[column.name] ?? null, money)] as const,
        );
        await writer.appendRow(Object.fromEntries(cells));
      }
    }
    await writer.close();
  };
}

const SQL_TYPE = {
  text: 'VARCHAR',
  count: 'BIGINT',
  boolean: 'BOOLEAN',
  instant: 'TIMESTAMPTZ',
  call_money: 'DECIMAL(18, 12)',
  money: 'DECIMAL(38, 12)',
} as const;

/** Rows through DuckDB's appender into a table, then one COPY. */
async function duckdb({ schema, chunks, file }: WriteJob): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const columns = schema.columns.map(({ name, type }) => `"${name}" ${SQL_TYPE[type]}`);
  await connection.run(`CREATE TABLE staged (${columns.join(', ')})`);
  const appender = await connection.createAppender('staged');
  for (const chunk of chunks) {
    for (const row of chunk) {
      for (const column of schema.columns) appendCell(appender, column, row[column.name] ?? null);
      appender.endRow();
    }
  }
  appender.closeSync();
  await connection.run(
    `COPY staged TO '${file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`,
  );
  connection.closeSync();
  instance.closeSync();
}

function appendCell(appender: DuckDBAppender, column: Column, value: TableRow[string]): void {
  if (value === null) appender.appendNull();
  else if (column.type === 'text') appender.appendVarchar(String(value));
  else if (column.type === 'boolean') appender.appendBoolean(Boolean(value));
  else if (column.type === 'instant') {
    appender.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(value) * 1000n));
  } else if (column.type === 'count') appender.appendBigInt(BigInt(value));
  else {
    const width = column.type === 'call_money' ? 18 : 38;
    appender.appendDecimal(new DuckDBDecimalValue(BigInt(value), width, 12));
  }
}

/** Who writes, by the name in the table. */
export const WRITERS: Readonly<Record<string, RowsWriter>> = {
  'hyparquet-writer, our sink (ZSTD)': tollbook,
  'parquetjs-lite, money as text (SNAPPY)': parquetjsLite('SNAPPY'),
  'parquetjs-lite, money as text (GZIP)': parquetjsLite('GZIP'),
  'DuckDB appender + COPY (ZSTD)': duckdb,
};
