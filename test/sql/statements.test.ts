import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDuckDb } from '../../runtime/local/lake/duckdb-engine.ts';
import type { DuckDbEngine } from '../../runtime/local/lake/duckdb-engine.ts';
import { createManifestCatalog } from '../../runtime/local/lake/manifest-catalog.ts';
import { bindValues } from '../../runtime/node/statement-values.ts';
import viewColumns from '../../sql/views.json' with { type: 'json' };
import { forbiddenIn } from './spellings.ts';

/**
 * Every statement is read by Athena and by DuckDB. Athena's grammar is Trino's: a parser of it is the
 * gate for syntax, DuckDB for names and types.
 */
const SQL = join(__dirname, '..', '..', 'sql');
const statements = readdirSync(SQL, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.sql'))
  .map((name) => ({ name, text: readFileSync(join(SQL, name), 'utf8') }));

/** A value for every name that a statement asks for. */
const VALUES = {
  ...{ run: 'none', book: 'none', tenant: 'none' },
  ...{ from_day: '2026-01-01', to_day: '2026-02-01' },
};

/** Types that Athena has too: a sum of whole numbers is none of them unless it is cast. */
const SHARED_TYPES = /^(BIGINT|BOOLEAN|DATE|DECIMAL\((18|38),12\)|TIMESTAMP|VARCHAR)$/;

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
      'me/tenant_usage.sql',
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

  it.each(statements)(
    '$name is Trino, and nothing in it means another thing to DuckDB',
    ({ text }) => {
      expect(forbiddenIn(text)).toEqual([]);
    },
  );

  it.each(statements)('$name runs in DuckDB, on a lake without a row too', async ({ text }) => {
    const rows = await engine.rows(text, VALUES);

    expect(rows.length).toBeLessThanOrEqual(1);
  });

  it.each(statements)('$name answers in types that Athena has', async ({ text }) => {
    const bound = bindValues(text, VALUES);
    const reader = await (await engine.connect(bound)).runAndReadAll(bound);

    for (const type of reader.columnTypes()) expect(String(type)).toMatch(SHARED_TYPES);
  });

  it('know each view by its name', async () => {
    for (const { name } of statements.filter((one) => one.name.startsWith('views'))) {
      const view = name.replace(/^views.(.*)\.sql$/, '$1');
      expect(await engine.rows(`SELECT count(*) AS n FROM ${view}`, {})).toEqual([{ n: '0' }]);
    }
  });
});
