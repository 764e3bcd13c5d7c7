import { randomBytes } from 'node:crypto';
import { DeletePartitionCommand, EntityNotFoundException } from '@aws-sdk/client-glue';
import type { GlueClient } from '@aws-sdk/client-glue';
import { AUDITED_TABLES } from '../../../domain/lake.ts';
import type { Catalog, RunFiles } from '../../../handlers/ports.ts';
import { createPartition, partitionValues, runLocation } from './glue-partition.ts';
import type { GluePartition } from './glue-partition.ts';

export interface GlueCandidatesOptions {
  readonly client: GlueClient;
  /** The lake's. */
  readonly bucket: string;
  /** Of the tables `candidate_…`, which nobody but the auditor reads. */
  readonly candidateDatabase: string;
}

/**
 * Runs under audit: partitions of a database of their own over the run's own folders. The value of `run`
 * names the run and the audit, so that two audits of one run have different partitions. An audit that
 * died leaves its partitions behind, under a name that nobody asks for.
 */
export function createGlueCandidates({
  client,
  bucket,
  candidateDatabase,
}: GlueCandidatesOptions): Pick<Catalog, 'addCandidate'> {
  function partitionOf(files: RunFiles, name: string): GluePartition {
    return {
      database: candidateDatabase,
      table: `candidate_${files.table}`,
      values: [...partitionValues(files), name],
    };
  }

  async function drop({ database, table, values }: GluePartition): Promise<void> {
    const command = new DeletePartitionCommand({
      DatabaseName: database,
      TableName: table,
      PartitionValues: [...values],
    });
    try {
      await client.send(command);
    } catch (error) {
      if (!(error instanceof EntityNotFoundException)) throw error;
    }
  }

  return {
    async addCandidate(run, files) {
      const name = `${run}-${randomBytes(6).toString('hex')}`;
      const audited = AUDITED_TABLES.flatMap((schema) =>
        files
          .filter(({ table }) => table === schema.name)
          .map((one) => ({ schema, files: one, partition: partitionOf(one, name) })),
      );
      const candidate = {
        run: name,
        drop: async () => {
          await Promise.all(audited.map(({ partition }) => drop(partition)));
        },
      };
      try {
        for (const { schema, files: one, partition } of audited) {
          await createPartition(client, partition, {
            schema,
            location: runLocation(bucket, one),
          });
        }
      } catch (error) {
        await candidate.drop();
        throw error;
      }
      return candidate;
    },
  };
}
