import type { TableRow, TableSchema } from '../../domain/lake.ts';
import type { TableCodec, TableWriter } from '../../handlers/ports.ts';
import { parquetTables } from '../../runtime/node/parquet-tables.ts';
import type { RunOptions } from './deployment.ts';

/** What a broken writer makes of a row. */
export type Change = (row: TableRow) => TableRow;

/** What it makes of all rows of a table. */
export type ChangeAll = (rows: readonly TableRow[]) => readonly TableRow[];

/** Writes rows of one table otherwise than they were rated, as a broken writer would. */
export function writing(table: string, change: Change): RunOptions['ports'] {
  return writingAll(table, (rows) => rows.map(change));
}

/** Writes all rows of one table otherwise. */
export function writingAll(table: string, change: ChangeAll): RunOptions['ports'] {
  const tables: TableCodec = {
    ...parquetTables,
    encode: (schema, rows) =>
      parquetTables.encode(schema, schema.name === table ? change([...rows]) : rows),
    open: (schema) =>
      schema.name === table ? openChanged(schema, change) : parquetTables.open(schema),
  };
  return () => ({ tables });
}

/** Holds rows until the end, and then writes others. */
function openChanged(schema: TableSchema, change: ChangeAll): TableWriter {
  const names = schema.columns.map(({ name }) => name);
  const rows: TableRow[] = [];
  return {
    add: (cells) => {
      // The array's values change with the next row.
      rows.push(Object.fromEntries(names.map((name, at) => [name, cells[at]!])));
    },
    rows: () => rows.length,
    finish: () => {
      const writer = parquetTables.open(schema);
      for (const row of change(rows)) writer.add(names.map((name) => row[name]!));
      return writer.finish();
    },
  };
}

/** Changes the rows that it applies to. */
export const when =
  (applies: (row: TableRow) => boolean, change: (row: TableRow) => TableRow): Change =>
  (row) =>
    applies(row) ? { ...row, ...change(row) } : row;
