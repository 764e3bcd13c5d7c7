import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Column, TableRow, TableSchema } from '../../domain/lake.ts';
import { TableError } from '../../handlers/ports.ts';
import type { TableCodec, TableWriter } from '../../handlers/ports.ts';
import { createColumnBuilder } from './parquet-columns.ts';
import type { ColumnBuilder } from './parquet-columns.ts';
import { parquetRowCount } from './parquet-footer.ts';
import { writeChunk } from './parquet-pages.ts';
import { ROW_GROUP_ROWS } from './parquet-values.ts';
import type { Cell } from './parquet-values.ts';

/**
 * The sink: the one place where Parquet is written. hyparquet-writer trusts its caller with more
 * than money allows (a number in a DECIMAL column is off by 10^12 without an error), and looks at every
 * value four times. So values are guarded and encoded here as they come, a row group at a time;
 * the library writes headers, runs and the footer.
 */

export { ROW_GROUP_ROWS };

/** Identifies the writer in a manifest: other versions may write other bytes. */
export const WRITER = `tollbook pages 2, hyparquet-writer 0.17.0, zstd ${process.versions['zstd'] ?? 'unknown'}`;

/** Writes and reads back the lake's Parquet. */
export const parquetTables: TableCodec = { encode, open, rowCount: parquetRowCount };

// eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, this codec is not
async function encode(schema: TableSchema, rows: Iterable<TableRow>): Promise<Uint8Array> {
  const table = open(schema);
  const { columns } = schema;
  const cells: Cell[] = [];
  for (const row of rows) {
    for (let at = 0; at < columns.length; at += 1) {
      cells[at] = row[(columns[at] as Column).name] as Cell;
    }
    // Every column is looked up: a row of more values has one that no column would hold.
    let values = 0;
    for (const _name in row) values += 1;
    if (values !== columns.length) throw unequalColumns(schema, row);
    table.add(cells);
  }
  return table.finish();
}

function open(schema: TableSchema): TableWriter {
  return new ParquetFile(schema);
}

/** A file in the making; rows are held until their group of `ROW_GROUP_ROWS` is full, and no longer. */
class ParquetFile implements TableWriter {
  readonly #schema: TableSchema;
  readonly #bytes = new ByteWriter(FIRST_BYTES);
  readonly #elements: readonly SchemaElement[];
  readonly #parquet: ParquetWriter;
  readonly #builders: readonly ColumnBuilder[];
  #group = 0;
  #total = 0;

  constructor(schema: TableSchema) {
    this.#schema = schema;
    this.#elements = schema.columns.map(element);
    this.#builders = schema.columns.map(createColumnBuilder);
    this.#parquet = new ParquetWriter({
      writer: this.#bytes,
      schema: [{ name: 'root', num_children: this.#elements.length }, ...this.#elements],
      codec: 'ZSTD',
      createdBy: 'tollbook',
    });
  }

  add(cells: readonly Cell[]): void {
    const builders = this.#builders;
    if (cells.length !== builders.length) {
      const got = `got ${cells.length} values`;
      throw new TableError(`table ${this.#schema.name}: ${got}, expected ${builders.length}`);
    }
    // Counted, not iterated: this runs for every cell of every row.
    for (let at = 0; at < builders.length; at += 1) {
      if ((builders[at] as ColumnBuilder).add(cells[at])) continue;
      throw refusal(this.#schema, this.#schema.columns[at] as Column, cells[at]);
    }
    this.#group += 1;
    this.#total += 1;
    if (this.#group === ROW_GROUP_ROWS) this.#endGroup();
  }

  rows(): number {
    return this.#total;
  }

  finish(): Uint8Array {
    if (this.#total === 0) {
      throw new TableError(`table ${this.#schema.name}: got no rows, expected at least one`);
    }
    if (this.#group > 0) this.#endGroup();
    void this.#parquet.finish();
    return this.#bytes.getBytes();
  }

  #endGroup(): void {
    const start = this.#bytes.offset;
    // Column order must be the schema's: readers that go by position would swap columns.
    const columns = this.#builders.map((builder, at) =>
      writeChunk(this.#bytes, this.#elements[at] as SchemaElement, builder.take()),
    );
    const uncompressed = columns.map(({ meta_data: meta }) => meta?.total_uncompressed_size ?? 0n);
    this.#parquet.row_groups.push({
      columns,
      total_byte_size: uncompressed.reduce((sum, size) => sum + size, 0n),
      num_rows: BigInt(this.#group),
      total_compressed_size: BigInt(this.#bytes.offset - start),
    });
    this.#parquet.num_rows += BigInt(this.#group);
    this.#group = 0;
  }
}

/** Room for a small file; a larger one grows. */
const FIRST_BYTES = 16_384;

/** A row with other columns than the table's: one that is missing, or else one that nobody knows. */
function unequalColumns(schema: TableSchema, row: TableRow): TableError {
  const missing = schema.columns.find(({ name }) => row[name] === undefined);
  if (missing) return refusal(schema, missing, undefined);
  const known = new Set(schema.columns.map((column) => column.name));
  const unknown = Object.keys(row).filter((column) => !known.has(column));
  return new TableError(`table ${schema.name}: got ${unknown.join(', ')}, expected no such column`);
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
