import { constants, zstdCompressSync } from 'node:zlib';
import type { DecodedArray, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ColumnSource } from 'hyparquet-writer';
import type { Column, TableRow, TableSchema } from '../../domain/lake.ts';
import { TableError } from '../../handlers/ports.ts';
import type { TableCodec } from '../../handlers/ports.ts';
import { parquetRowCount } from './parquet-footer.ts';

/**
 * The sink: the one place where Parquet is written. hyparquet-writer trusts its caller with more
 * than money allows (a number in a DECIMAL column is off by 10^12 without an error), so every value
 * is guarded here and no other file imports the library.
 */

/** Part of the bytes, so the same in every world. */
export const ROW_GROUP_ROWS = 20_000;
const ZSTD_LEVEL = 3;
/** Identifies the writer in a manifest: other versions may write other bytes. */
export const WRITER = `hyparquet-writer 0.17.0, zstd ${process.versions['zstd'] ?? 'unknown'}`;

const DECIMAL_LIMIT = { call_money: 10n ** 18n, money: 10n ** 38n } as const;
const INT64_LIMIT = 2n ** 63n;

/** Writes and reads back the lake's Parquet. */
export const parquetTables: TableCodec = { encode, rowCount: parquetRowCount };

async function encode(schema: TableSchema, rows: Iterable<TableRow>): Promise<Uint8Array> {
  const bytes = new ByteWriter();
  const parquet = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'root', num_children: schema.columns.length }, ...schema.columns.map(element)],
    codec: 'ZSTD',
    compressors: { ZSTD: compressPage },
    createdBy: 'tollbook',
  });
  const group = new RowGroup(schema);
  let total = 0;
  for (const row of rows) {
    group.add(row);
    total += 1;
    if (group.rows === ROW_GROUP_ROWS) await group.flushTo(parquet);
  }
  if (total === 0) throw new TableError(`table ${schema.name}: got no rows, expected at least one`);
  if (group.rows > 0) await group.flushTo(parquet);
  await parquet.finish();
  return bytes.getBytes();
}

function compressPage(page: Uint8Array): Uint8Array {
  return zstdCompressSync(page, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
}

/** Rows of one row group, turned into columns as they come: memory is bounded by the group. */
class RowGroup {
  rows = 0;
  readonly #schema: TableSchema;
  readonly #guards: readonly Guard[];
  #columns: DecodedArray[];

  constructor(schema: TableSchema) {
    this.#schema = schema;
    this.#guards = schema.columns.map(guardOf);
    this.#columns = schema.columns.map(emptyColumn);
  }

  add(row: TableRow): void {
    const { columns } = this.#schema;
    // Counted, not iterated: this runs for every cell of every row.
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index] as Column;
      const value = row[column.name];
      const guard = this.#guards[index] as Guard;
      const cell = value === null && column.optional ? null : guard(value);
      if (cell === undefined) throw refusal(this.#schema, column, value);
      (this.#columns[index] as unknown[])[this.rows] = cell;
    }
    // Every column was there: a row of more values has one that no column would hold.
    let values = 0;
    for (const _name in row) values += 1;
    if (values !== columns.length) throw unknownColumn(this.#schema, row);
    this.rows += 1;
  }

  async flushTo(parquet: ParquetWriter): Promise<void> {
    // Column order must be the schema's: readers that go by position would swap columns.
    const columnData = this.#schema.columns.map((column, index): ColumnSource => {
      const data = this.#columns[index] as DecodedArray;
      const source = { name: column.name, data: data.slice(0, this.rows), columnIndex: true };
      return isPlain(column) ? { ...source, encoding: 'PLAIN' } : source;
    });
    await parquet.write({ columnData, rowGroupSize: ROW_GROUP_ROWS });
    this.#columns = this.#schema.columns.map(emptyColumn);
    this.rows = 0;
  }
}

/**
 * Booleans: what the library would choose, old readers read wrong. Values that hardly ever repeat:
 * looking for a dictionary among them costs more than writing them.
 */
function isPlain({ type, distinct }: Column): boolean {
  return type === 'boolean' || distinct === true;
}

function emptyColumn(column: Column): DecodedArray {
  const fixed = column.type === 'count' && column.optional !== true;
  return fixed ? new BigInt64Array(ROW_GROUP_ROWS) : new Array<unknown>();
}

/** The value as the library must get it, or undefined if the column cannot hold it exactly. */
type Guard = (value: unknown) => unknown;

function guardOf(column: Column): Guard {
  switch (column.type) {
    case 'text':
      return (value) => (typeof value === 'string' && value.isWellFormed() ? value : undefined);
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : undefined);
    case 'instant':
      return (value) => (Number.isSafeInteger(value) ? value : undefined);
    case 'count':
      return (value) => {
        if (typeof value === 'bigint') return within(value, INT64_LIMIT);
        return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
      };
    case 'money':
    case 'call_money': {
      const limit = DECIMAL_LIMIT[column.type];
      return (value) => (typeof value === 'bigint' ? within(value, limit) : undefined);
    }
  }
}

function within(value: bigint, limit: bigint): bigint | undefined {
  return value < limit && value > -limit ? value : undefined;
}

function unknownColumn({ name, columns }: TableSchema, row: TableRow): TableError {
  const known = new Set(columns.map((column) => column.name));
  const unknown = Object.keys(row).filter((column) => !known.has(column));
  return new TableError(`table ${name}: got ${unknown.join(', ')}, expected no such column`);
}

function refusal(schema: TableSchema, column: Column, value: unknown): TableError {
  const shown = typeof value === 'bigint' || typeof value === 'number' ? ` ${value}` : '';
  const got = value === undefined ? 'nothing' : `${typeof value}${shown}`;
  return new TableError(
    `table ${schema.name}, column ${column.name}: got ${got}, expected ${column.type}`,
  );
}

function element(column: Column): SchemaElement {
  const repetition_type = column.optional ? 'OPTIONAL' : 'REQUIRED';
  const base = { name: column.name, repetition_type } as const;
  switch (column.type) {
    case 'text':
      return {
        ...base,
        type: 'BYTE_ARRAY',
        converted_type: 'UTF8',
        logical_type: { type: 'STRING' },
      };
    case 'boolean':
      return { ...base, type: 'BOOLEAN' };
    case 'count':
      return { ...base, type: 'INT64' };
    case 'instant':
      return {
        ...base,
        type: 'INT64',
        converted_type: 'TIMESTAMP_MILLIS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
      };
    case 'call_money':
      return { ...base, type: 'INT64', ...decimal(18) };
    case 'money':
      return { ...base, type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, ...decimal(38) };
  }
}

/** Converted and logical type both: the library looks at the first, new readers at the second. */
function decimal(precision: number): Pick<SchemaElement, 'converted_type' | 'logical_type'> & {
  precision: number;
  scale: number;
} {
  return {
    converted_type: 'DECIMAL',
    precision,
    scale: 12,
    logical_type: { type: 'DECIMAL', precision, scale: 12 },
  };
}
