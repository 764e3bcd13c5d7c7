import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { CreatePartitionCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CHARGES_TABLE, USAGE_TABLE, runFolder } from '../../domain/lake.ts';
import type { TableRow, TableSchema } from '../../domain/lake.ts';
import { hiveColumns } from '../../domain/hive-columns.ts';
import { parseWindow, partitionOf } from '../../domain/window.ts';
import type { RunFiles } from '../../handlers/ports.ts';
import { createAthenaEngine } from '../../runtime/aws/lake/athena-engine.ts';
import { createGlueCandidates } from '../../runtime/aws/lake/glue-candidates.ts';
import { createGlueCatalog } from '../../runtime/aws/lake/glue-catalog.ts';
import { PartitionError } from '../../runtime/aws/lake/glue-partition.ts';
import { createS3Objects } from '../../runtime/aws/lake/s3-objects.ts';
import { createJumpingClock } from '../../runtime/local/clocks.ts';
import { parquetTables } from '../../runtime/node/parquet-tables.ts';
import { describeLakeSql } from '../contract/catalog.ts';
import { sha256 } from '../ledger/build-ledger.ts';
import { plainRow } from '../runtime/node/table-rows.ts';
import { startAthenaServer } from './stand-ins/athena-server.ts';
import { clientOf, standIn } from './stand-ins/clients.ts';
import { createGlueTables, partitionsOf, tablesOfGlue } from './stand-ins/glue-lake.ts';

const window = parseWindow('2026-02-01T09:00:00.000Z');
const RUN = '00000000000000aa';

/** A lake in a bucket, its tables in Glue, and Athena's stand-in over what Glue has. */
async function openGlueLake() {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const lake = {
    glue: new GlueClient(standIn('moto')),
    s3: new S3Client({ ...standIn('moto'), forcePathStyle: true }),
    bucket: name.replace('_', '-'),
    database: name,
    candidateDatabase: `${name}_candidates`,
  };
  const { glue: client, s3, bucket, database, candidateDatabase } = lake;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await createGlueTables(lake);
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-glue-'));
  const server = await startAthenaServer(tablesOfGlue(lake, folder));
  const athena = new AthenaClient(clientOf(server.endpoint));
  const objects = createS3Objects({ client: s3, bucket });
  const catalog = {
    ...createGlueCatalog({ client, bucket, database }),
    ...createGlueCandidates({ client, bucket, candidateDatabase }),
  };

  async function write(
    schema: TableSchema,
    run: string,
    rows: readonly TableRow[],
  ): Promise<RunFiles> {
    const key = `${runFolder(schema.name, window, run)}/part-${sha256(run)}.parquet`;
    await objects.putOnce(key, await parquetTables.encode(schema, rows));
    return { table: schema.name, partition: partitionOf(window), run, keys: [key] };
  }

  return {
    ...{ lake, catalog, write },
    sql: createAthenaEngine({
      ...{ client: athena, workGroup: 'tollbook', database, candidateDatabase },
      clock: createJumpingClock(0),
    }),
    // Sealing makes nothing visible by itself here: publishing does.
    seal: async (files: readonly RunFiles[]) => {
      for (const one of files) await catalog.publish(one);
    },
    close: async () => {
      await server.close();
      for (const one of [client, s3, athena]) one.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describeLakeSql('Athena over the partitions of Glue', openGlueLake);

describe('a partition in Glue', () => {
  let world: Awaited<ReturnType<typeof openGlueLake>>;
  beforeEach(async () => {
    world = await openGlueLake();
  });
  afterEach(() => world.close());

  const usage = () => world.write(USAGE_TABLE, RUN, [plainRow(USAGE_TABLE)]);
  const published = () =>
    partitionsOf(world.lake, { database: world.lake.database, name: 'usage' });
  const candidates = (table: string) =>
    partitionsOf(world.lake, { database: world.lake.candidateDatabase, name: table });

  it('is the folder of a run, with the columns of the lake, as Parquet', async () => {
    await world.catalog.publish(await usage());

    const [partition, ...others] = await published();
    expect(others).toEqual([]);
    expect(partition?.Values).toEqual(['2026-02-01', '09', RUN]);
    expect(partition?.StorageDescriptor).toMatchObject({
      Location: `s3://${world.lake.bucket}/${runFolder('usage', window, RUN)}/`,
      Columns: hiveColumns(USAGE_TABLE).map(({ name, type }) => ({ Name: name, Type: type })),
      InputFormat: expect.stringContaining('MapredParquetInputFormat'),
      SerdeInfo: { SerializationLibrary: expect.stringContaining('ParquetHiveSerDe') },
    });
  });

  it('is published once however often a run is published, and by whom', async () => {
    const files = await usage();

    await Promise.all(Array.from({ length: 5 }, () => world.catalog.publish(files)));

    expect(await published()).toHaveLength(1);
  });

  it('of a candidate is in the auditor’s database alone, under the run and the audit', async () => {
    const files = await usage();
    const [one, other] = [
      await world.catalog.addCandidate(RUN, [files]),
      await world.catalog.addCandidate(RUN, [files]),
    ];

    expect(await published()).toEqual([]);
    const runs = (await candidates('candidate_usage')).map(({ Values }) => Values?.[2]);
    expect(runs.sort()).toEqual([one.run, other.run].sort());
    expect(one.run).toMatch(new RegExp(`^${RUN}-[0-9a-f]{12}$`));
    await one.drop();
    expect((await candidates('candidate_usage')).map(({ Values }) => Values?.[2])).toEqual([
      other.run,
    ]);
  });

  it('of a candidate that failed half way is taken back', async () => {
    const files = await usage();
    const wrong = { ...files, table: 'charges' };

    await expect(world.catalog.addCandidate(RUN, [files, wrong])).rejects.toThrow(PartitionError);

    expect(await candidates('candidate_usage')).toEqual([]);
  });

  it.each([
    [
      'a key in another folder',
      { keys: ['data/usage/dt=2026-02-01/hour=10/run=00/part-1.parquet'] },
    ],
    ['a run that is not the files’ own', { run: '00000000000000' }],
    ['no hour', { partition: 'dt=2026-02-01' }],
    ['a table that is none', { table: 'prices' }],
  ])('is refused for %s: Athena would not see it, or see more', async (_, differs) => {
    const files = await usage();

    await expect(world.catalog.publish({ ...files, ...differs })).rejects.toThrow(PartitionError);
    expect(await published()).toEqual([]);
  });

  it('that cannot be made is no success: a database that is gone is said', async () => {
    const client = world.lake.glue;
    const { bucket } = world.lake;
    const nowhere = createGlueCatalog({ client, bucket, database: 'none' });

    await expect(nowhere.publish(await usage())).rejects.toThrow();
  });

  it('that shows another folder already is no success', async () => {
    const { glue, database } = world.lake;
    const PartitionInput = {
      Values: ['2026-02-01', '09', RUN],
      StorageDescriptor: { Location: 's3://elsewhere/' },
    };
    await glue.send(
      new CreatePartitionCommand({ DatabaseName: database, TableName: 'usage', PartitionInput }),
    );

    await expect(world.catalog.publish(await usage())).rejects.toThrow(/got s3:\/\/elsewhere/);
  });

  it('shows charges beside usage', async () => {
    await world.seal([
      await usage(),
      await world.write(CHARGES_TABLE, RUN, [plainRow(CHARGES_TABLE)]),
    ]);

    const both = `SELECT count(*) AS n FROM usage u JOIN charges c ON c.run = u.run`;
    expect(await world.sql.rows(both, {})).toEqual([{ n: '1' }]);
  });
});
