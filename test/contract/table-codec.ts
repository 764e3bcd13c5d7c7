import { describe, expect, it } from '@jest/globals';
import { CHARGES_TABLE, PRICES_TABLE, TABLES, USAGE_TABLE } from '../../domain/lake.ts';
import type { TableRow, TableSchema } from '../../domain/lake.ts';
import { TableError } from '../../handlers/ports.ts';
import type { TableCodec } from '../../handlers/ports.ts';
import { edgeRows, plainRow } from '../runtime/node/table-rows.ts';

const oneColumn = (
  type: TableSchema['columns'][number]['type'],
  optional = false,
): TableSchema => ({
  name: 'one',
  columns: [{ name: 'value', type, ...(optional && { optional: true as const }) }],
});

/** The port `TableCodec`: what its columns cannot hold exactly, it refuses. */
export function describeTableCodec(name: string, codec: TableCodec): void {
  const encode = (schema: TableSchema, ...rows: readonly Record<string, unknown>[]) =>
    codec.encode(schema, rows as TableRow[]);

  describe(`a codec of tables: ${name}`, () => {
    it('gives the same bytes for the same rows, whatever iterates them', async () => {
      for (const schema of [...TABLES, PRICES_TABLE]) {
        const rows = edgeRows(schema);
        const first = Buffer.from(await codec.encode(schema, rows));
        const again = await codec.encode(schema, new Set(rows));

        expect(first.equals(again)).toBe(true);
      }
    });

    it('counts back the rows it wrote', async () => {
      for (const rows of [1, 2, 17, 1000]) {
        const bytes = await encode(
          oneColumn('count'),
          ...Array.from({ length: rows }, (_, value) => ({ value })),
        );
        expect(codec.rowCount(bytes)).toBe(rows);
      }
    });

    it('makes no file of no rows: some readers refuse one', async () => {
      await expect(codec.encode(USAGE_TABLE, [])).rejects.toThrow(TableError);
    });

    it.each([
      ['text', [1, 1n, true, {}, ['a'], '\ud800', 'a\udc00']],
      ['boolean', [0, 1, 'true', 1n, {}]],
      ['instant', [0.5, Number.NaN, Infinity, '2026-02-01T00:00:00.000Z', 1n, new Date(0), true]],
      ['count', [0.5, Number.NaN, 2 ** 53, '1', true, 2n ** 63n, -(2n ** 63n), {}]],
      ['call_money', [3, 0, 0.5, '3', 10n ** 18n, -(10n ** 18n), true, 2n ** 64n]],
      ['money', [3, 0, 0.5, '3', 10n ** 38n, -(10n ** 38n), 2n ** 127n, true]],
    ] as const)('refuses in a column of %s what it cannot hold exactly', async (type, values) => {
      for (const optional of [false, true]) {
        const schema = oneColumn(type, optional);
        for (const value of [...values, undefined]) {
          await expect(encode(schema, { value })).rejects.toThrow(TableError);
          await expect(encode(schema, { value })).rejects.toThrow('table one, column value: got');
        }
      }
    });

    it.each(['text', 'boolean', 'instant', 'count', 'call_money', 'money'] as const)(
      'takes a null in a column of %s only where the domain has an absence',
      async (type) => {
        await expect(encode(oneColumn(type), { value: null })).rejects.toThrow(TableError);
        await expect(encode(oneColumn(type, true), { value: null })).resolves.toBeDefined();
      },
    );

    it('refuses a row that lacks a column, an optional one too', async () => {
      for (const { name: column } of USAGE_TABLE.columns) {
        const row = Object.entries(plainRow(USAGE_TABLE)).filter(([key]) => key !== column);
        await expect(encode(USAGE_TABLE, Object.fromEntries(row))).rejects.toThrow(column);
      }
    });

    it('refuses a row with a column that the table has not', async () => {
      const row = plainRow(CHARGES_TABLE, { amuont: 1n });

      await expect(encode(CHARGES_TABLE, row)).rejects.toThrow(TableError);
      await expect(encode(CHARGES_TABLE, row)).rejects.toThrow(/amuont/);
    });

    it('finds a bad value in any row, not in the first alone', async () => {
      const rows = Array.from({ length: 50 }, (): { value: unknown } => ({ value: 1n }));
      rows[49] = { value: 3 };

      await expect(encode(oneColumn('money'), ...rows)).rejects.toThrow(TableError);
    });
  });
}
