import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  GetPartitionsCommand,
} from '@aws-sdk/client-glue';
import type { GlueClient } from '@aws-sdk/client-glue';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { PARTITION_KEYS, PRICES_TABLE } from '../../../domain/lake.ts';
import { hiveColumns } from '../../../domain/hive-columns.ts';
import { CANDIDATE_TABLES, PUBLISHED_TABLES } from './athena-tables.ts';
import type { RegisteredTable, RegisteredTables } from './athena-tables.ts';

/** A lake bucket and the two databases over it, as the stacks make them. */
export interface GlueLake {
  readonly glue: GlueClient;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly database: string;
  readonly candidateDatabase: string;
}

type Table = Pick<RegisteredTable, 'database' | 'name' | 'schema'>;

function tablesOf({ database, candidateDatabase }: GlueLake): Table[] {
  return [
    ...PUBLISHED_TABLES.map((schema) => ({ database, name: schema.name, schema })),
    ...CANDIDATE_TABLES.map((table) => ({ database: candidateDatabase, ...table })),
  ];
}

/** Makes the databases and their tables, without partitions. */
export async function createGlueTables(lake: GlueLake): Promise<void> {
  for (const Name of [lake.database, lake.candidateDatabase]) {
    await lake.glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name } }));
  }
  for (const { database, name, schema } of tablesOf(lake)) {
    const keys = schema === PRICES_TABLE ? [] : PARTITION_KEYS;
    await lake.glue.send(
      new CreateTableCommand({
        DatabaseName: database,
        TableInput: {
          Name: name,
          PartitionKeys: keys.map((key) => ({ Name: key, Type: 'string' })),
          StorageDescriptor: {
            Columns: hiveColumns(schema).map((column) => ({
              ...{ Name: column.name, Type: column.type },
            })),
            Location: `s3://${lake.bucket}/prices/tables/`,
          },
        },
      }),
    );
  }
}

/**
 * What Athena would see: the partitions that Glue has, each with the objects under its location, copied
 * to a folder of this machine. A table without partitions is all that lies under its own location.
 */
export function tablesOfGlue(lake: GlueLake, folder: string): RegisteredTables {
  return () =>
    Promise.all(
      tablesOf(lake).map(async (table): Promise<RegisteredTable> => {
        if (table.schema === PRICES_TABLE) {
          const files = await download(lake, 'prices/tables/', folder);
          return { ...table, partitions: [{ values: [], files }] };
        }
        const found = await partitionsOf(lake, table);
        const partitions = await Promise.all(
          found.map(async ({ Values = [], StorageDescriptor }) => {
            const prefix = (StorageDescriptor?.Location ?? '').replace(`s3://${lake.bucket}/`, '');
            return { values: Values, files: await download(lake, prefix, folder) };
          }),
        );
        return { ...table, partitions };
      }),
    );
}

/** Every partition of a table, as Glue has it. */
export async function partitionsOf({ glue }: GlueLake, table: Pick<Table, 'database' | 'name'>) {
  const all = [];
  let NextToken: string | undefined;
  do {
    const page = await glue.send(
      new GetPartitionsCommand({
        ...{ DatabaseName: table.database, TableName: table.name, NextToken },
      }),
    );
    all.push(...(page.Partitions ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return all;
}

async function download(lake: GlueLake, prefix: string, folder: string): Promise<string[]> {
  const { s3, bucket } = lake;
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
  );
  return Promise.all(
    Contents.map(async ({ Key = '' }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const path = join(folder, Key);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, (await Body?.transformToByteArray()) ?? '');
      return path;
    }),
  );
}
