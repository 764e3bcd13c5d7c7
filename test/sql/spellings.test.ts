import { describe, expect, it } from '@jest/globals';
import { REFUSED_BY_GRAMMAR, SHARED_FUNCTIONS, SPELLINGS, forbiddenIn } from './spellings.ts';
import { syntaxErrors } from './trino-tree.ts';

/** What the rules must leave alone: each beside something that they forbid. */
const FINE = [
  `SELECT CAST(sum(input) AS BIGINT) AS input FROM usage WHERE input > 0 GROUP BY tenant`,
  `SELECT CAST(coalesce(sum(input), 0) AS BIGINT) AS input FROM usage`,
  `SELECT CAST(CAST(admitted_at AS DATE) AS VARCHAR) AS day, CAST(NULL AS VARCHAR) AS x FROM usage`,
  `SELECT CAST(1 AS DOUBLE) / CAST(3 AS DOUBLE) AS share`,
  `SELECT input FROM usage WHERE hour = '07' AND admitted_at >= TIMESTAMP '2026-02-01 00:00:00.000'`,
  `SELECT input FROM usage WHERE :hour = hour AND admitted_at < CAST(:until AS TIMESTAMP)`,
  `SELECT tenant FROM usage WHERE input IN (1, 2) AND attempt BETWEEN 1 AND 2`,
  `SELECT tenant || '/' || key AS path FROM usage ORDER BY path LIMIT 5`,
  `SELECT admitted_at + INTERVAL '1' DAY AS next FROM usage WHERE usage.key <> 'next'`,
  `SELECT tenant AS tenant, count(*) AS n FROM usage GROUP BY tenant`,
  `SELECT day FROM (SELECT date_trunc('day', admitted_at) AS day FROM usage) AS days WHERE day IS NOT NULL`,
  `SELECT DATE '2026-02-01' AS day -- 7 / 2, '7'::bigint`,
  `SELECT '7 / 2, 0.5, avg(cost), current_timestamp, hour = 7' AS text`,
  `SELECT u.tenant FROM usage u JOIN charges c ON c.tenant = u.tenant`,
];

it.each(FINE)('nothing is forbidden in: %s', (sql) => {
  expect(forbiddenIn(sql)).toEqual([]);
});

describe('forbidden, because Trino and DuckDB differ:', () => {
  it.each(SPELLINGS.flatMap(({ name, examples }) => examples.map((sql) => [name, sql] as const)))(
    '%s: %s',
    (name, sql) => {
      expect(forbiddenIn(sql)).toContain(name);
    },
  );

  it.each(REFUSED_BY_GRAMMAR)('what is not of Trino’s grammar: %s', (sql) => {
    expect(syntaxErrors(sql)).not.toEqual([]);
  });

  it('a limit, an offset or a fetch without an order', () => {
    for (const end of ['LIMIT 1', 'OFFSET 1', 'FETCH FIRST 1 ROW ONLY', 'OFFSET 1 LIMIT 1']) {
      expect(forbiddenIn(`SELECT tenant FROM usage ${end}`)).toEqual([
        expect.stringContaining('a limit without an order'),
      ]);
    }
  });

  it('in a subquery as well', () => {
    const inner = `SELECT tenant FROM usage WHERE hour = 7`;
    expect(forbiddenIn(`SELECT tenant FROM (${inner}) AS x`)).toHaveLength(1);
    expect(forbiddenIn(`WITH x AS (${inner}) SELECT tenant FROM x`)).toHaveLength(1);
    expect(forbiddenIn(`SELECT tenant FROM usage WHERE tenant IN (${inner})`)).toHaveLength(1);
  });
});

it.each(Object.values(SHARED_FUNCTIONS))('allowed, because both mean the same: %s', (sql) => {
  expect(forbiddenIn(sql)).toEqual([]);
});
