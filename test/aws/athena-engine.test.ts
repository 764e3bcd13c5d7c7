import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { CHARGES_TABLE, USAGE_TABLE } from '../../domain/lake.ts';
import { createAthenaEngine } from '../../runtime/aws/lake/athena-engine.ts';
import type { AthenaEngineOptions, AthenaScan } from '../../runtime/aws/lake/athena-engine.ts';
import { createJumpingClock } from '../../runtime/local/clocks.ts';
import { describeLakeSql } from '../contract/catalog.ts';
import { describeQueryEngine } from '../contract/query-engine.ts';
import { openLakeFolder } from '../runtime/local/lake-folder.ts';
import { plainRow } from '../runtime/node/table-rows.ts';
import { startAthenaServer } from './stand-ins/athena-server.ts';
import { tablesOfFolder } from './stand-ins/athena-tables.ts';
import { clientOf } from './stand-ins/clients.ts';

const DATABASES = { database: 'tollbook', candidateDatabase: 'tollbook_candidate' };

/** A lake folder with Athena's stand-in over it; waits take no time. */
async function openAthena(differs: Partial<AthenaEngineOptions> = {}) {
  const folder = await openLakeFolder();
  const server = await startAthenaServer(tablesOfFolder(folder.lake, folder.catalog, DATABASES));
  const sql = createAthenaEngine({
    client: new AthenaClient(clientOf(server.endpoint)),
    ...{ workGroup: 'tollbook', ...DATABASES, clock: createJumpingClock(0) },
    ...differs,
  });
  const close = async () => {
    await server.close();
    folder.close();
  };
  return { ...folder, server, sql, close };
}

describeQueryEngine('Athena', openAthena);
describeLakeSql('Athena over what is registered', openAthena);

describe('an answer of Athena', () => {
  let world: Awaited<ReturnType<typeof openAthena>>;
  beforeEach(async () => {
    world = await openAthena();
  });
  afterEach(() => world.close());

  const numbers = `SELECT CAST(n AS VARCHAR) AS n FROM (SELECT unnest(range(25)) AS n) ORDER BY 1`;

  it.each([1, 2, 5, 13, 25, 26, 27])('comes whole from pages of %i rows', async (pageRows) => {
    world.server.set({ pageRows });

    const rows = await world.sql.rows(numbers, {});

    const expected = Array.from({ length: 25 }, (_, n) => String(n)).sort();
    expect(rows.map(({ n }) => n)).toEqual(expected);
  });

  it('of no rows is its header alone', async () => {
    expect(await world.sql.rows('SELECT 1 AS one WHERE false', {})).toEqual([]);
  });

  it('tells nothing from an empty text', async () => {
    expect(await world.sql.rows(`SELECT '' AS empty, NULL AS nothing`, {})).toEqual([
      { empty: '', nothing: null },
    ]);
  });

  it('without the header that we know is refused: its first row would be lost or believed', async () => {
    world.server.set({ header: false });

    await expect(world.sql.rows('SELECT 1 AS one', {})).rejects.toThrow(/first row \["1"\]/);
    await expect(world.sql.rows('SELECT 1 AS one WHERE false', {})).rejects.toThrow(
      /first row null/,
    );
  });

  it('is waited for, however long it queues and runs', async () => {
    world.server.set({ queuedPolls: 3, runningPolls: 4 });

    expect(await world.sql.rows('SELECT 1 AS one', {})).toEqual([{ one: '1' }]);
    expect(world.server.calls.map(({ operation }) => operation)).toEqual([
      'StartQueryExecution',
      ...Array.from({ length: 8 }, () => 'GetQueryExecution'),
      'GetQueryResults',
    ]);
  });

  it.each(['FAILED', 'CANCELLED'] as const)('that ends as %s is none, and why', async (fate) => {
    world.server.set({ fate });

    const asked = world.sql.rows('SELECT 1 AS one', {});
    await expect(asked).rejects.toThrow(`${fate}: by fate`);
    await expect(asked).rejects.toMatchObject({ name: 'StatementFailed' });
  });

  it('that takes too long is stopped, so that nobody pays for it', async () => {
    const impatient = await openAthena({ patienceMs: 60_000 });
    impatient.server.set({ runningPolls: Infinity });

    await expect(impatient.sql.rows('SELECT 1 AS one', {})).rejects.toThrow(
      /still running, stopped/,
    );
    expect(impatient.server.stopped).toEqual(['SELECT 1 AS one']);
    await impatient.close();
  });

  it('says what it scanned', async () => {
    const scans: AthenaScan[] = [];
    const watched = await openAthena({ onScan: (scan) => scans.push(scan) });

    await watched.sql.rows('SELECT 1 AS one', {});

    expect(scans).toEqual([{ queryExecutionId: 'execution-0', scannedBytes: 4321, engineMs: 12 }]);
    await watched.close();
  });
});

describe('a statement for Athena', () => {
  let world: Awaited<ReturnType<typeof openAthena>>;
  beforeEach(async () => {
    world = await openAthena();
  });
  afterEach(() => world.close());

  it('runs once though the answer to its start was lost, and though it was throttled', async () => {
    world.server.set({ loseStart: (start) => start < 2, tooOften: (call) => call % 2 === 0 });

    expect(await world.sql.rows('SELECT 1 AS one', {})).toEqual([{ one: '1' }]);
    expect(world.server.ran).toEqual(['SELECT 1 AS one']);
  });

  it('runs anew when it is asked again: what it reads may have changed', async () => {
    const ids = async () => (await world.sql.rows('SELECT id FROM usage', {})).map(({ id }) => id);
    expect(await ids()).toEqual([]);

    const rows = [plainRow(USAGE_TABLE, { id: 'a' })];
    await world.seal([await world.write(USAGE_TABLE, '00000000000000aa', rows)]);

    expect(await ids()).toEqual(['a']);
  });

  it('is given up when throttling does not end', async () => {
    world.server.set({ tooOften: () => true });

    await expect(world.sql.rows('SELECT 1', {})).rejects.toThrow(/Rate exceeded/);
    expect(world.server.calls).toHaveLength(6);
  });

  it('is refused here if it is longer than Athena takes', async () => {
    await expect(
      world.sql.rows('SELECT :text AS text', { text: '€'.repeat(90_000) }),
    ).rejects.toThrow(/got 270\d{3} bytes, expected at most 262144/);
    expect(world.server.calls).toEqual([]);
  });

  it('finds candidates in their own database, and only by name', async () => {
    const files = await world.write(CHARGES_TABLE, '00000000000000aa', [plainRow(CHARGES_TABLE)]);
    await world.catalog.addCandidate(files.run, [files]);
    const sql = `SELECT 'candidate_charges' AS text, count(*) AS n -- candidate_usage
      FROM candidate_charges c LEFT JOIN prices p ON p.model = c.model`;

    expect(await world.sql.rows(sql, {})).toEqual([{ text: 'candidate_charges', n: '1' }]);
    expect(world.server.ran[0]).toContain('FROM "tollbook_candidate"."candidate_charges" c');
    expect(world.server.ran[0]).toContain('-- candidate_usage\n');
  });

  it('of an engine without candidates finds none', async () => {
    const client = new AthenaClient(clientOf(world.server.endpoint));
    const analyst = createAthenaEngine({ client, workGroup: 'tollbook', database: 'tollbook' });

    await expect(analyst.rows('SELECT * FROM candidate_usage', {})).rejects.toThrow(
      /candidate_usage does not exist/,
    );
  });

  it('never asks for an answer that Athena kept', async () => {
    await world.sql.rows('SELECT 1 AS one', {});

    expect(world.server.calls[0]?.input).toMatchObject({
      ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
      QueryExecutionContext: { Catalog: 'AwsDataCatalog', Database: 'tollbook' },
    });
  });

  it.each(['audit', 'views'])('may be any of ours in sql/%s', async (folder) => {
    const path = join(import.meta.dirname, '../../sql', folder);
    const run = '00000000000000aa';
    const row = plainRow(USAGE_TABLE, { other: '{"image":1}' });
    const files = await world.write(USAGE_TABLE, run, [row]);
    await world.catalog.addCandidate(run, [files]);
    await world.seal([files]);

    for (const name of readdirSync(path)) {
      const sql = readFileSync(join(path, name), 'utf8');
      await expect(world.sql.rows(sql, { run, book: 'none' })).resolves.toEqual(expect.any(Array));
    }
    expect(world.server.ran).toHaveLength(readdirSync(path).length);
  });
});
