import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';
import { createAuditWindow } from '../../../handlers/metering/audit-window.ts';
import { nodeCodec } from '../../node/codec.ts';
import { createAthenaEngine } from '../lake/athena-engine.ts';
import { bundledAudit } from '../bundled.ts';
import { createGlueCandidates } from '../lake/glue-candidates.ts';
import { openLake } from '../lake/open-lake.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `AuditWindow`. */
export const handler = createStepFunction('audit-window', (settings) => {
  const { database, candidateDatabase, workGroup, ...buckets } = settings;
  const bucket = buckets.lakeBucket;
  return createAuditWindow({
    codec: nodeCodec,
    objects: openLake(buckets),
    catalog: createGlueCandidates({ client: new GlueClient(), bucket, candidateDatabase }),
    sql: createAthenaEngine({ client: new AthenaClient(), workGroup, database, candidateDatabase }),
    audit: bundledAudit(),
  });
});
