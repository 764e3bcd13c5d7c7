import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TrinoSQL } from 'dt-sql-parser';
import { openDuckDb } from '../../runtime/local/duckdb-engine.ts';
import type { DuckDbEngine } from '../../runtime/local/duckdb-engine.ts';
import { createManifestCatalog } from '../../runtime/local/manifest-catalog.ts';
import viewColumns from '../../sql/views.json' with { type: 'json' };

/**
 * Every statement is read by Athena and by DuckDB. Athena's grammar is Trino's: a parser of it is the
 * gate for syntax, DuckDB for names and types.
 */
const SQL = join(__dirname, '..', '..', 'sql');
const statements = readdirSync(SQL, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.sql'))
  .map((name) => ({ name, text: readFileSync(join(SQL, name), 'utf8') }));

/** What Trino takes and Athena means otherwise, or DuckDB does: facts of 2026-11. */
const FORBIDDEN: readonly (readonly [string, RegExp])[] = [
  ['a backtick', /`/],
  ['a decimal literal, which DuckDB rounds to three places', /\bDECIMAL\s+'/i],
  ['an average, which DuckDB makes a double', /\bavg\s*\(/i],
  ['a division, whose type differs', /[^/*]\/[^/*]/],
  ['a bare DECIMAL, whose scale differs', /\bAS\s+DECIMAL\s*\)/i],
];

/** DuckDB's name of a type in Hive's words. */
function hiveType(type: string): string {
  const names: Readonly<Record<string, string>> = { VARCHAR: 'string' };
  return names[type] ?? type.toLowerCase().replaceAll(' ', '');
}

describe('the statements under sql/', () => {
  let lake: string;
  let engine: DuckDbEngine;
  beforeAll(async () => {
    lake = mkdtempSync(join(tmpdir(), 'tollbook-sql-'));
    const questions = new Map(
      statements
        .filter(({ name }) => name.startsWith('views'))
        .map(({ name, text }) => [name.replace(/^views.(.*)\.sql$/, '$1'), text]),
    );
    engine = await openDuckDb({
      lake,
      catalog: createManifestCatalog(lake),
      threads: 1,
      questions,
    });
  });
  afterAll(() => {
    engine.close();
    rmSync(lake, { recursive: true, force: true });
  });

  it('are there', () => {
    expect(statements.map(({ name }) => name.replaceAll('\\', '/')).sort()).toEqual([
      'audit/charge-totals.sql',
      'audit/charges-against-rows.sql',
      'audit/rows-against-prices.sql',
      'views/ancestor_report.sql',
      'views/cache_saving.sql',
      'views/cost_by_day.sql',
      'views/focus_charges.sql',
      'views/late_usage.sql',
      'views/tokens_by_meter.sql',
      'views/unpriced_usage.sql',
    ]);
  });

  it('are, as views, in the catalogue with the columns that they have', async () => {
    const found: Record<string, Record<string, string>> = {};
    for (const { name } of statements.filter(({ name }) => name.startsWith('views'))) {
      const view = name.slice('views/'.length, -'.sql'.length);
      const sql = `SELECT * FROM ${view}`;
      const reader = await (await engine.connect(sql)).runAndReadAll(sql);
      const types = reader.columnTypes().map((type) => hiveType(String(type)));
      const names = reader.columnNames().map((column) => column.toLowerCase());
      found[view] = Object.fromEntries(names.map((column, at) => [column, types[at]!]));
    }

    expect(viewColumns).toEqual(found);
  });

  it.each(statements)('$name is Trino', ({ text }) => {
    const bound = text.replace(/(?<![:\w]):[a-z_]+\b/g, `'x'`);

    expect(new TrinoSQL().validate(bound)).toEqual([]);
  });

  it.each(statements)('$name uses nothing that the two engines mean differently', ({ text }) => {
    const code = text.replace(/--.*$/gm, '');

    const found = FORBIDDEN.filter(([, pattern]) => pattern.test(code)).map(([what]) => what);

    expect(found).toEqual([]);
  });

  it.each(statements)('$name runs in DuckDB, on a lake without a row too', async ({ text }) => {
    const rows = await engine.rows(text, { run: 'none', book: 'none' });

    expect(rows.length).toBeLessThanOrEqual(1);
  });

  it('know each view by its name', async () => {
    for (const { name } of statements.filter((one) => one.name.startsWith('views'))) {
      const view = name.replace(/^views.(.*)\.sql$/, '$1');
      expect(await engine.rows(`SELECT count(*) AS n FROM ${view}`, {})).toEqual([{ n: '0' }]);
    }
  });
});
