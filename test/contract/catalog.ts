import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CHARGES_TABLE, QUARANTINE_TABLE, USAGE_TABLE } from '../../domain/lake.ts';
import type { TableRow, TableSchema } from '../../domain/lake.ts';
import type { Candidate, Catalog, QueryEngine, RunFiles } from '../../handlers/ports.ts';
import { plainRow } from '../runtime/node/table-rows.ts';

/** A lake with a catalogue and an engine over it. */
export interface LakeWorld {
  readonly catalog: Catalog;
  readonly sql: QueryEngine;
  /** Writes one file and registers it nowhere. */
  write(schema: TableSchema, run: string, rows: readonly TableRow[]): Promise<RunFiles>;
  /** Seals a run's files, as the metering's last step does. */
  seal(files: readonly RunFiles[]): Promise<void>;
  close(): void | Promise<void>;
}

const RUN = '00000000000000aa';
const OTHER = '00000000000000bb';
const usage = (...ids: string[]) => ids.map((id) => plainRow(USAGE_TABLE, { id }));

/** The ports `Catalog` and `QueryEngine`: what is sealed can be asked, and nothing else. */
export function describeLakeSql(name: string, open: () => Promise<LakeWorld>): void {
  describe(`SQL over the lake: ${name}`, () => {
    let world: LakeWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    const ids = async (table: string) => {
      const rows = await world.sql.rows(`SELECT id FROM ${table} ORDER BY id`, {});
      return rows.map((row) => row['id']);
    };

    const candidateIds = async ({ run }: Candidate) => {
      const sql = 'SELECT id FROM candidate_usage WHERE run = :run ORDER BY id';
      return (await world.sql.rows(sql, { run })).map((row) => row['id']);
    };

    describe('what is visible', () => {
      it('is nothing at first, in tables that have their columns all the same', async () => {
        for (const { name: table, columns } of [USAGE_TABLE, CHARGES_TABLE, QUARANTINE_TABLE]) {
          const names = [...columns.map((column) => column.name), 'dt', 'hour', 'run'];
          expect(await world.sql.rows(`SELECT ${names.join(', ')} FROM ${table}`, {})).toEqual([]);
        }
        expect(await ids('candidate_usage')).toEqual([]);
        expect(await world.sql.rows(`SELECT sum(amount) AS s FROM candidate_charges`, {})).toEqual([
          { s: null },
        ]);
      });

      it('has empty tables of the same types as full ones', async () => {
        const types = (table: string) =>
          world.sql.rows(`SELECT column_name, column_type FROM (DESCRIBE ${table})`, {});
        const empty = await types('usage');
        await world.seal([await world.write(USAGE_TABLE, RUN, usage('a'))]);

        expect(await types('usage')).toEqual(empty);
      });

      it('is not a file that merely lies in the lake', async () => {
        await world.write(USAGE_TABLE, RUN, usage('orphan'));

        expect(await ids('usage')).toEqual([]);
        expect(await ids('candidate_usage')).toEqual([]);
      });

      it('is a candidate to who asks for candidates, until it is dropped', async () => {
        const files = await world.write(USAGE_TABLE, RUN, usage('a'));
        const candidate = await world.catalog.addCandidate(RUN, [files]);

        expect(await candidateIds(candidate)).toEqual(['a']);
        expect(await ids('usage')).toEqual([]);
        await candidate.drop();
        await candidate.drop();
        expect(await ids('candidate_usage')).toEqual([]);
      });

      it('has all tables of a candidate under one name', async () => {
        const candidate = await world.catalog.addCandidate(RUN, [
          await world.write(USAGE_TABLE, RUN, usage('a')),
          await world.write(CHARGES_TABLE, RUN, [plainRow(CHARGES_TABLE)]),
          await world.write(QUARANTINE_TABLE, RUN, [plainRow(QUARANTINE_TABLE)]),
        ]);

        const both = `SELECT count(*) AS n FROM candidate_usage u
          JOIN candidate_charges c ON c.run = u.run WHERE u.run = :run`;
        expect(await world.sql.rows(both, { run: candidate.run })).toEqual([{ n: '1' }]);
      });

      it('keeps the candidates of one run when those of another go', async () => {
        const kept = await world.catalog.addCandidate(RUN, [
          await world.write(USAGE_TABLE, RUN, usage('a')),
        ]);
        const gone = await world.catalog.addCandidate(OTHER, [
          await world.write(USAGE_TABLE, OTHER, usage('b')),
          await world.write(CHARGES_TABLE, OTHER, [plainRow(CHARGES_TABLE)]),
        ]);

        await gone.drop();

        expect(await candidateIds(kept)).toEqual(['a']);
        expect(await world.sql.rows('SELECT * FROM candidate_charges', {})).toEqual([]);
      });

      it('is each row once to each of two audits of one run, and stays when the other ends', async () => {
        const files = [await world.write(USAGE_TABLE, RUN, usage('a', 'b'))];
        const [one, other] = await Promise.all([
          world.catalog.addCandidate(RUN, files),
          world.catalog.addCandidate(RUN, files),
        ]);

        for (const each of [one, other]) expect(await candidateIds(each)).toEqual(['a', 'b']);
        await one.drop();
        expect(await candidateIds(other)).toEqual(['a', 'b']);
      });

      it('is a candidate without rows where a run has no files', async () => {
        const candidate = await world.catalog.addCandidate(RUN, []);

        expect(await candidateIds(candidate)).toEqual([]);
        await candidate.drop();
      });

      it('is a sealed run as soon as it is sealed, with its partition as text', async () => {
        const files = await world.write(USAGE_TABLE, RUN, usage('a', 'b'));
        expect(await ids('usage')).toEqual([]);

        await world.seal([files]);
        await world.catalog.publish(files);

        expect(await ids('usage')).toEqual(['a', 'b']);
        expect(await world.sql.rows('SELECT DISTINCT dt, hour, run FROM usage', {})).toEqual([
          { dt: '2026-02-01', hour: '09', run: RUN },
        ]);
      });
    });
  });
}
