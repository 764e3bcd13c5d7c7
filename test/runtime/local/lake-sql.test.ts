import { describe, expect, it } from '@jest/globals';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { CHARGES_TABLE, PRICES_TABLE, USAGE_TABLE } from '../../../domain/lake.ts';
import type { QueryEngine } from '../../../handlers/ports.ts';
import { describeLakeSql } from '../../contract/catalog.ts';
import { describeQueryEngine } from '../../contract/query-engine.ts';
import { plainRow } from '../node/table-rows.ts';
import { openLakeFolder as openLake } from './lake-folder.ts';

describeLakeSql('DuckDB over the manifests', openLake);
describeQueryEngine('DuckDB over the manifests', openLake);

const idsOf = async (sql: QueryEngine) =>
  (await sql.rows('SELECT id FROM usage ORDER BY id', {})).map(({ id }) => id);

describe('the lake of one machine', () => {
  it('shows a window whole, at the moment its manifest is there', async () => {
    const world = await openLake();
    const files = [
      await world.write(USAGE_TABLE, '0000000000000001', [plainRow(USAGE_TABLE, { id: 'a' })]),
      await world.write(CHARGES_TABLE, '0000000000000001', [plainRow(CHARGES_TABLE)]),
    ];
    await world.seal(files);
    await world.seal([
      await world.write(USAGE_TABLE, '0000000000000002', [plainRow(USAGE_TABLE, { id: 'b' })]),
    ]);

    expect(await idsOf(world.sql)).toEqual(['a', 'b']);
    expect(world.catalog.sealedFiles('usage')).toHaveLength(2);
    expect(world.catalog.sealedFiles('charges')).toHaveLength(1);
    world.close();
  });

  it('leaves out what lies among the manifests and is none', async () => {
    const world = await openLake();
    mkdirSync(join(world.lake, 'manifests'), { recursive: true });
    writeFileSync(join(world.lake, 'manifests', 'notes.txt'), 'not a manifest');

    expect(await idsOf(world.sql)).toEqual([]);
    world.close();
  });

  it('never answers from memory for a file that was replaced in place', async () => {
    const world = await openLake();
    const files = await world.write(USAGE_TABLE, '0000000000000001', [
      plainRow(USAGE_TABLE, { id: 'aaaa' }),
    ]);
    await world.seal([files]);
    const path = join(world.lake, files.keys[0]!);
    const stamp = new Date(1_769_904_000_000);

    for (const id of ['bbbb', 'cccc', 'dddd']) {
      utimesSync(path, stamp, stamp);
      await idsOf(world.sql);
      await world.write(USAGE_TABLE, '0000000000000001', [plainRow(USAGE_TABLE, { id })]);
      utimesSync(path, stamp, stamp);
      expect(await idsOf(world.sql)).toEqual([id]);
    }
    world.close();
  });

  it('shows the prices of every book', async () => {
    const world = await openLake();
    expect(await world.sql.rows('SELECT * FROM prices', {})).toEqual([]);

    await world.put('prices/tables/book-a.parquet', PRICES_TABLE, [
      plainRow(PRICES_TABLE, { unit_price: 3_300_000_000n, effective_to: 253_402_300_799_999 }),
    ]);

    const rows = await world.sql.rows('SELECT unit_price, effective_to FROM prices', {});
    // 3.3e9 pico-USD are 0.0033 USD, shown with the twelve places of the column.
    expect(rows).toEqual([
      { unit_price: '0.003300000000', effective_to: '9999-12-31 23:59:59.999' },
    ]);
    world.close();
  });

  it('answers the same in every time zone of the machine', async () => {
    const world = await openLake();
    // 2026-03-08T07:30Z: New York springs forward within the hour.
    const rows = [1_772_955_000_000, 1_769_904_000_000].map((admitted_at, n) =>
      plainRow(USAGE_TABLE, { id: String(n), admitted_at }),
    );
    const { keys } = await world.write(USAGE_TABLE, '0000000000000001', rows);
    const text = `SELECT id, admitted_at, date_trunc('hour', admitted_at) AS h,
      hour(admitted_at) AS n FROM usage WHERE admitted_at < TIMESTAMP '2026-03-08 07:30:01'
      ORDER BY id`;
    const script = `
      import { openDuckDb } from './runtime/local/lake/duckdb-engine.ts';
      const catalog = { sealedFiles: () => ${JSON.stringify(keys)}, candidateFiles: () => [] };
      const lake = ${JSON.stringify(world.lake)};
      const sql = await openDuckDb({ lake, catalog, threads: 1 });
      console.log(JSON.stringify(await sql.rows(${JSON.stringify(text)}, {})));
      sql.close();`;
    const answerIn = (TZ: string) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: join(__dirname, '../../..'),
        env: { ...process.env, TZ },
        encoding: 'utf8',
      });

    const utc = answerIn('UTC');
    expect(JSON.parse(utc)).toEqual([
      { id: '0', admitted_at: '2026-03-08 07:30:00', h: '2026-03-08 07:00:00', n: '7' },
      { id: '1', admitted_at: '2026-02-01 00:00:00', h: '2026-02-01 00:00:00', n: '0' },
    ]);
    for (const zone of ['America/New_York', 'Asia/Kathmandu', 'Pacific/Apia']) {
      expect([zone, answerIn(zone)]).toEqual([zone, utc]);
    }
    world.close();
  });

  it('knows the functions of Athena that DuckDB lacks or means otherwise', async () => {
    const { sql, close } = await openLake();
    const value = async (expression: string) =>
      (await sql.rows(`SELECT ${expression} AS value`, {}))[0]?.['value'];

    // Athena counts full units; DuckDB's own date_diff would count the boundary crossed.
    const times = `TIMESTAMP '2026-02-01 00:59:59', TIMESTAMP '2026-02-01 01:00:01'`;
    expect(await value(`date_diff('hour', ${times})`)).toBe('0');
    expect(await value(`date_format(TIMESTAMP '2026-02-01 09:07:05', '%Y-%m-%d %H:%i:%s')`)).toBe(
      '2026-02-01 09:07:05',
    );
    expect(await value(`regexp_like('usage', '^us')`)).toBe('true');
    expect(await value(`json_extract_scalar('{"a":"b"}', '$.a')`)).toBe('b');
    close();
  });
});
