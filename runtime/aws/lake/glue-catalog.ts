import type { GlueClient } from '@aws-sdk/client-glue';
import { TABLES } from '../../../domain/lake.ts';
import type { Catalog } from '../../../handlers/ports.ts';
import { PartitionError, createPartition, partitionValues, runLocation } from './glue-partition.ts';

export interface GlueCatalogOptions {
  readonly client: GlueClient;
  /** The lake's. */
  readonly bucket: string;
  /** Of sealed tables, which analysts read. */
  readonly database: string;
}

/**
 * The catalogue of sealed runs: registered partitions, no crawler and no projection, so a reader sees a
 * window whole or not at all. It only adds; candidates are another file, for another role.
 */
export function createGlueCatalog({
  client,
  bucket,
  database,
}: GlueCatalogOptions): Pick<Catalog, 'publish'> {
  return {
    async publish(files) {
      const { table, run } = files;
      const schema = TABLES.find(({ name }) => name === table);
      if (!schema) throw new PartitionError(`table: got ${table}, expected one of the lake`);
      const partition = { database, table, values: [...partitionValues(files), run] };
      await createPartition(client, partition, { schema, location: runLocation(bucket, files) });
    },
  };
}
