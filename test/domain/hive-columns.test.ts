import { expect, it } from '@jest/globals';
import { hiveColumns } from '../../domain/hive-columns.ts';
import { PRICES_TABLE, TABLES } from '../../domain/lake.ts';
import tables from '../../sql/tables.json' with { type: 'json' };

it.each([...TABLES, PRICES_TABLE])(
  'a partition of $name is registered with the columns of the deployed table',
  (schema) => {
    const deployed: Readonly<Record<string, Readonly<Record<string, string>>>> = tables.tables;

    expect(hiveColumns(schema).map(({ name, type }) => [name, type])).toEqual(
      Object.entries(deployed[schema.name] ?? {}),
    );
  },
);
