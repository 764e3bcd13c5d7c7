import {
  AlreadyExistsException,
  CreatePartitionCommand,
  GetPartitionCommand,
} from '@aws-sdk/client-glue';
import type { GlueClient, PartitionInput } from '@aws-sdk/client-glue';
import { hiveColumns } from '../../../domain/hive-columns.ts';
import type { TableSchema } from '../../../domain/lake.ts';
import type { RunFiles } from '../../../handlers/ports.ts';

const PARTITION = /^dt=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})$/;

/** Files that no partition shows: a partition is one folder, whole. */
export class PartitionError extends Error {
  override readonly name = 'PartitionError';
}

/** One partition of one table: the folder of a run. */
export interface GluePartition {
  readonly database: string;
  readonly table: string;
  /** `dt`, `hour`, `run`. */
  readonly values: readonly string[];
}

/** Values of `dt` and `hour`. @throws PartitionError */
export function partitionValues({ table, partition }: RunFiles): readonly [string, string] {
  const [, dt, hour] = PARTITION.exec(partition) ?? [];
  if (dt !== undefined && hour !== undefined) return [dt, hour];
  throw new PartitionError(`partition of ${table}: got ${partition}, expected dt=…/hour=…`);
}

/**
 * Registers the folder of a run's files; one that is registered already stays.
 *
 * @throws PartitionError if the partition is there and shows another folder.
 */
export async function createPartition(
  client: GlueClient,
  partition: GluePartition,
  what: { readonly schema: TableSchema; readonly location: string },
): Promise<void> {
  const { database, table, values } = partition;
  const command = new CreatePartitionCommand({
    DatabaseName: database,
    TableName: table,
    PartitionInput: partitionInput(values, what),
  });
  try {
    await client.send(command);
  } catch (error) {
    if (!(error instanceof AlreadyExistsException)) throw error;
    const shown = await locationOf(client, partition);
    if (shown !== what.location) {
      throw new PartitionError(
        `partition ${values.join('/')} of ${table}: got ${shown}, expected ${what.location}`,
      );
    }
  }
}

async function locationOf(
  client: GlueClient,
  { database, table, values }: GluePartition,
): Promise<string> {
  const { Partition } = await client.send(
    new GetPartitionCommand({
      ...{ DatabaseName: database, TableName: table, PartitionValues: [...values] },
    }),
  );
  return Partition?.StorageDescriptor?.Location ?? 'no location';
}

/**
 * Where a run's files of one table lie.
 *
 * @throws PartitionError for a file that lies elsewhere: Athena would not see it.
 */
export function runLocation(bucket: string, { table, partition, run, keys }: RunFiles): string {
  const folder = `data/${table}/${partition}/run=${run}/`;
  for (const key of keys) {
    if (!key.startsWith(folder) || key.slice(folder.length).includes('/')) {
      throw new PartitionError(`file ${key}: got another folder, expected ${folder}`);
    }
  }
  return `s3://${bucket}/${folder}`;
}

function partitionInput(
  values: readonly string[],
  { schema, location }: { readonly schema: TableSchema; readonly location: string },
): PartitionInput {
  const hive = 'org.apache.hadoop.hive.ql.io.parquet';
  return {
    Values: [...values],
    StorageDescriptor: {
      Columns: hiveColumns(schema).map(({ name, type }) => ({ Name: name, Type: type })),
      Location: location,
      InputFormat: `${hive}.MapredParquetInputFormat`,
      OutputFormat: `${hive}.MapredParquetOutputFormat`,
      SerdeInfo: { SerializationLibrary: `${hive}.serde.ParquetHiveSerDe` },
    },
  };
}
