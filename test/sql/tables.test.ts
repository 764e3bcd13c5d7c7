import { expect, it } from '@jest/globals';
import { PRICES_TABLE, TABLES } from '../../domain/lake.ts';
import type { ColumnType } from '../../domain/lake.ts';
import tables from '../../sql/tables.json' with { type: 'json' };

/** What Hive calls each type: the catalogue is written in its words. */
const HIVE: Readonly<Record<ColumnType, string>> = {
  text: 'string',
  count: 'bigint',
  boolean: 'boolean',
  instant: 'timestamp',
  call_money: 'decimal(18,12)',
  money: 'decimal(38,12)',
};

it('the catalogue has the columns of the lake, in their order and types, and no others', () => {
  const ours = [...TABLES, PRICES_TABLE].map(({ name, columns }) => [
    name,
    columns.map((column) => [column.name, HIVE[column.type]]),
  ]);
  const theirs = Object.entries(tables.tables).map(([name, columns]) => [
    name,
    Object.entries(columns),
  ]);

  expect(theirs).toEqual(ours);
});
