import { AthenaClient } from '@aws-sdk/client-athena';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { createSweepLate } from '../../../handlers/metering/sweep-late.ts';
import { nodeCodec } from '../../node/codec.ts';
import { systemClock } from '../../node/system.ts';
import { createAthenaEngine } from '../lake/athena-engine.ts';
import { createInsightsQuery } from '../log/insights-query.ts';
import { openLake } from '../lake/open-lake.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `SweepLate`. */
export const handler = createStepFunction('sweep-late', (settings) => {
  const { logGroup, database, workGroup, ...buckets } = settings;
  return createSweepLate({
    clock: systemClock,
    codec: nodeCodec,
    objects: openLake(buckets),
    logs: createInsightsQuery({ client: new CloudWatchLogsClient(), logGroup }),
    sql: createAthenaEngine({ client: new AthenaClient(), workGroup, database }),
  });
});
