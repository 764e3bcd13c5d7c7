import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { USAGE_TABLE } from '../../domain/lake.ts';
import { plainRow } from '../runtime/node/table-rows.ts';
import type { LakeWorld } from './catalog.ts';

const RUN = '00000000000000aa';
const usage = (...ids: string[]) => ids.map((id) => plainRow(USAGE_TABLE, { id }));

/** The port `QueryEngine`: exact texts, and values that are nothing but values. */
export function describeQueryEngine(name: string, open: () => Promise<LakeWorld>): void {
  describe(`questions in SQL: ${name}`, () => {
    let world: LakeWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    describe('an answer', () => {
      it('is exact text: sums of money to the last digit, counts past 2^53', async () => {
        const rows = ['a', 'b'].map((id) =>
          plainRow(USAGE_TABLE, { id, input: 2n ** 53n + 1n, cost: 999_999_999_999_999_999n }),
        );
        await world.seal([await world.write(USAGE_TABLE, RUN, rows)]);

        // 2 × (2^53 + 1) = 18014398509481986; 2 × 999999.999999999999 = 1999999.999999999998.
        const sums = `SELECT sum(cost) AS cost, CAST(sum(input) AS bigint) AS input FROM usage`;
        expect(await world.sql.rows(sums, {})).toEqual([
          { cost: '1999999.999999999998', input: '18014398509481986' },
        ]);
      });

      it('holds null where SQL says NULL, and booleans as text', async () => {
        const row = plainRow(USAGE_TABLE, { cost: null, stream: false });
        await world.seal([await world.write(USAGE_TABLE, RUN, [row])]);

        expect(await world.sql.rows('SELECT cost, stream FROM usage', {})).toEqual([
          { cost: null, stream: 'false' },
        ]);
      });

      it('has its instants in UTC', async () => {
        // 1769904000000 ms is 2026-02-01T00:00:00Z; the last instant of January is before it.
        const rows = [1_769_904_000_000, 1_769_903_999_999].map((admitted_at, n) =>
          plainRow(USAGE_TABLE, { id: String(n), admitted_at }),
        );
        await world.seal([await world.write(USAGE_TABLE, RUN, rows)]);
        const february = `SELECT id, CAST(date_trunc('day', admitted_at) AS date) AS day FROM usage
          WHERE admitted_at >= TIMESTAMP '2026-02-01 00:00:00'`;

        expect(await world.sql.rows(february, {})).toEqual([{ id: '0', day: '2026-02-01' }]);
      });
    });

    describe('a value', () => {
      it.each([
        ...["'", "''", "'; DROP TABLE usage; --", '\\', '"', ':other', '%', '$1', '--', '/*'],
        ...['\n', '\u2028', '\u{1f600}', '', 'null', "\\'"],
      ])('is itself, quoted by the adapter: %j', async (text) => {
        const rows = await world.sql.rows('SELECT :text AS text', { text, other: 'wrong' });

        expect(rows).toEqual([{ text }]);
      });

      it('stands wherever its name does, and no other name is touched', async () => {
        const sql = `SELECT :a AS a, :a || :b AS ab, ':a' AS quoted, 'x--:b' AS dashes -- :c
          WHERE :a = 'one'`;

        expect(await world.sql.rows(sql, { a: 'one', b: 'two' })).toEqual([
          { a: 'one', ab: 'onetwo', quoted: ':a', dashes: 'x--:b' },
        ]);
      });

      it('that is missing is a mistake of ours, said by name', async () => {
        await expect(world.sql.rows('SELECT :none AS x', {})).rejects.toThrow(/:none/);
      });
    });

    it('answers many questions at once, each its own', async () => {
      await world.seal([await world.write(USAGE_TABLE, RUN, usage('a', 'b', 'c'))]);
      const ask = (id: string) =>
        world.sql.rows('SELECT id, count(*) AS n FROM usage WHERE id = :id GROUP BY id', { id });

      const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => ask('abc'[n % 3]!)));

      expect(answers).toEqual(Array.from({ length: 30 }, (_, n) => [{ id: 'abc'[n % 3], n: '1' }]));
    });

    it('says why a statement cannot be run', async () => {
      await expect(world.sql.rows('SELECT nothing FROM usage', {})).rejects.toThrow(/nothing/);
    });
  });
}
