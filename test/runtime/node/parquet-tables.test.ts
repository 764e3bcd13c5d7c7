import { afterAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parquetMetadata } from 'hyparquet';
import { CHARGES_TABLE, PRICES_TABLE, TABLES, USAGE_TABLE } from '../../../domain/lake.ts';
import type { Column, TableRow, TableSchema } from '../../../domain/lake.ts';
import { ROW_GROUP_ROWS, WRITER, parquetTables } from '../../../runtime/node/parquet-tables.ts';
import { describeTableCodec } from '../../contract/table-codec.ts';
import {
  arrayBufferOf,
  arrowRs,
  duckDbReader,
  rawHyparquet,
  shownRows,
} from './parquet-readers.ts';
import { edgeRows, plainRow } from './table-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'tollbook-parquet-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const ALL = [...TABLES, PRICES_TABLE];
const NAMES = ALL.map((schema) => [schema.name, schema] as const);
const encode = (schema: TableSchema, rows: Iterable<TableRow>) =>
  parquetTables.encode(schema, rows);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const footerOf = (bytes: Uint8Array) => parquetMetadata(arrayBufferOf(bytes));

describeTableCodec('Parquet', parquetTables);

describe.each([
  ['DuckDB', duckDbReader(folder)],
  ['hyparquet, raw decimals', rawHyparquet],
  ['arrow-rs', arrowRs],
])('a table read by %s', (_, read) => {
  it.each(NAMES)('has every value of %s exact, at the edges too', async (_name, schema) => {
    const rows = edgeRows(schema);

    expect(await read(await encode(schema, rows), schema)).toEqual(shownRows(schema, rows));
  });

  it('has its columns under their own names, whatever the order of a row', async () => {
    const rows = edgeRows(CHARGES_TABLE);
    const reversed = rows.map((row) => Object.fromEntries(Object.entries(row).reverse()));

    expect(await read(await encode(CHARGES_TABLE, reversed), CHARGES_TABLE)).toEqual(
      shownRows(CHARGES_TABLE, rows),
    );
  });
});

/** Physical type, annotation and repetition, as every file of the column must have them. */
function elementOf({ name, type, optional }: Column) {
  const repetition_type = optional ? 'OPTIONAL' : 'REQUIRED';
  const decimal = (precision: number) => ({
    ...{ converted_type: 'DECIMAL', precision, scale: 12 },
    logical_type: { type: 'DECIMAL', precision, scale: 12 },
  });
  const physical = {
    text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
    boolean: { type: 'BOOLEAN' },
    count: { type: 'INT64' },
    instant: {
      ...{ type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    },
    call_money: { type: 'INT64', ...decimal(18) },
    money: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, ...decimal(38) },
  };
  return { name, repetition_type, ...physical[type] };
}

describe('the footer of a table', () => {
  it.each(NAMES)('of %s declares the physical schema, column by column', async (_, schema) => {
    const { schema: elements } = footerOf(await encode(schema, edgeRows(schema)));

    expect(elements).toHaveLength(schema.columns.length + 1);
    for (const [index, column] of schema.columns.entries()) {
      expect(elements[index + 1]).toMatchObject(elementOf(column));
    }
  });

  it('names no clock, host or version but our own word', async () => {
    const metadata = footerOf(await encode(USAGE_TABLE, edgeRows(USAGE_TABLE)));

    expect(metadata.created_by).toBe('tollbook');
    expect(metadata.key_value_metadata ?? []).toEqual([]);
  });

  it('writes booleans plainly: some readers get another encoding wrong', async () => {
    const rows = Array.from({ length: 100 }, (_, row) =>
      plainRow(USAGE_TABLE, { stream: row > 50 }),
    );
    const { row_groups: groups } = footerOf(await encode(USAGE_TABLE, rows));

    const stream = groups[0]?.columns.find(
      ({ meta_data: meta }) => meta?.path_in_schema.join('.') === 'stream',
    );
    expect(stream?.meta_data?.encodings).toContain('PLAIN');
    expect(stream?.meta_data?.encodings).not.toContain('RLE_DICTIONARY');
    // RLE is the encoding of booleans that Spark before 3.3 cannot read; levels are another thing.
    expect(stream?.meta_data?.encodings.filter((encoding) => encoding === 'RLE')).toEqual([]);
  });

  it('is compressed by Zstandard, every column chunk with its statistics', async () => {
    const { row_groups: groups } = footerOf(await encode(USAGE_TABLE, edgeRows(USAGE_TABLE)));

    for (const column of groups[0]!.columns) {
      expect(column.meta_data?.codec).toBe('ZSTD');
      expect(column.meta_data?.statistics).toHaveProperty('null_count');
      expect(column.meta_data?.statistics?.max_value).toBeDefined();
    }
  });
});

describe('row groups', () => {
  const schema: TableSchema = { name: 'numbers', columns: [{ name: 'value', type: 'count' }] };
  const numbers = (count: number) => Array.from({ length: count }, (_, value) => ({ value }));
  const groupsOf = async (rows: number) =>
    footerOf(await encode(schema, numbers(rows))).row_groups.map(({ num_rows: count }) =>
      Number(count),
    );

  it('hold 20,000 rows in every world, the last one what is left', async () => {
    expect(ROW_GROUP_ROWS).toBe(20_000);
    expect(await groupsOf(19_999)).toEqual([19_999]);
    expect(await groupsOf(20_000)).toEqual([20_000]);
    expect(await groupsOf(20_001)).toEqual([20_000, 1]);
    expect(await groupsOf(40_000)).toEqual([20_000, 20_000]);
  });

  it('carry nothing over from one to the next', async () => {
    const wide: TableSchema = {
      name: 'wide',
      columns: [
        { name: 'text', type: 'text', optional: true },
        { name: 'money', type: 'money' },
      ],
    };
    const rows = Array.from({ length: 20_003 }, (_, row) => ({
      text: row % 2 ? null : `row ${row}`,
      money: BigInt(row) - 10_000n,
    }));

    const read = await duckDbReader(folder)(await encode(wide, rows), wide);
    expect(read).toEqual(shownRows(wide, rows));
  });
});

describe('a filter pushed down into a file', () => {
  it('finds what a full scan finds, for negative money too', async () => {
    const amounts = [
      -(10n ** 30n),
      -257n,
      -256n,
      -255n,
      -2n,
      -1n,
      0n,
      1n,
      127n,
      128n,
      255n,
      10n ** 30n,
    ];
    const rows = amounts.map((amount) => plainRow(CHARGES_TABLE, { amount, unit_price: -amount }));
    const path = join(folder, 'push-down.parquet');
    writeFileSync(path, await encode(CHARGES_TABLE, rows));
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const count = async (where: string) => {
      const sql = `SELECT count(*)::VARCHAR AS n FROM read_parquet('${path}') WHERE ${where}`;
      const reader = await connection.runAndReadAll(sql);
      return Number(reader.getRowObjectsJson()[0]!['n']);
    };
    const usd = (pico: bigint) => `CAST('${pico}' AS DECIMAL(38,0)) * 0.000000000001`;

    for (const column of ['amount', 'unit_price']) {
      for (const bound of amounts) {
        for (const [operator, holds] of [
          ['=', (value: bigint) => value === bound],
          ['<', (value: bigint) => value < bound],
          ['>=', (value: bigint) => value >= bound],
        ] as const) {
          const values = amounts.map((amount) => (column === 'amount' ? amount : -amount));
          const found = await count(`${column} ${operator} CAST(${usd(bound)} AS DECIMAL(38,12))`);
          expect([column, operator, bound, found]).toEqual([
            ...[column, operator, bound],
            values.filter(holds).length,
          ]);
        }
      }
    }
    connection.closeSync();
    instance.closeSync();
  });

  it('has exact bounds in the statistics of every row group', async () => {
    const rows = [-5n, 7n, -9n].map((cost) => plainRow(USAGE_TABLE, { cost }));
    const { row_groups: groups } = footerOf(await encode(USAGE_TABLE, rows));

    const cost = groups[0]?.columns.find(
      ({ meta_data: meta }) => meta?.path_in_schema.join('.') === 'cost',
    );
    // hyparquet shows a DECIMAL bound as a number of USD: exact for amounts as small as these.
    expect(Number(cost?.meta_data?.statistics?.min_value)).toBeCloseTo(-9e-12, 20);
    expect(Number(cost?.meta_data?.statistics?.max_value)).toBeCloseTo(7e-12, 20);
  });
});

interface Golden {
  readonly writer: string;
  readonly sha256: string;
}

const goldenFile = (table: string) =>
  join(__dirname, '../../../fixtures/golden', `parquet-${table}.json`);

describe('the bytes of a table', () => {
  it.each(NAMES)('of %s are those of the golden digest', async (name, schema) => {
    const actual = { writer: WRITER, sha256: sha256(await encode(schema, edgeRows(schema))) };
    // A new pin of the writer or of Zstandard is a decision: write the goldens anew with UPDATE=1.
    if (process.env['UPDATE'] === '1') {
      writeFileSync(goldenFile(name), `${JSON.stringify(actual, null, 2)}\n`);
    }

    const golden = JSON.parse(readFileSync(goldenFile(name), 'utf8')) as Golden;
    expect(actual).toEqual(golden);
  });

  it('are the same in every time zone, in another process', () => {
    const script = `
      import { createHash } from 'node:crypto';
      import { USAGE_TABLE } from './domain/lake.ts';
      import { parquetTables } from './runtime/node/parquet-tables.ts';
      import { edgeRows } from './test/runtime/node/table-rows.ts';
      const bytes = await parquetTables.encode(USAGE_TABLE, edgeRows(USAGE_TABLE));
      console.log(createHash('sha256').update(bytes).digest('hex'));`;
    const digestIn = (zone: string) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: join(__dirname, '../../..'),
        env: { ...process.env, TZ: zone },
        encoding: 'utf8',
      }).trim();

    const { sha256: golden } = JSON.parse(readFileSync(goldenFile('usage'), 'utf8')) as Golden;
    for (const zone of ['America/New_York', 'Asia/Kathmandu', 'Pacific/Apia']) {
      expect([zone, digestIn(zone)]).toEqual([zone, golden]);
    }
  });
});
