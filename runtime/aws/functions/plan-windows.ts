import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { createPlanWindows } from '../../../handlers/metering/plan-windows.ts';
import { nodeCodec } from '../../node/codec.ts';
import { systemClock } from '../../node/system.ts';
import { createDynamoLookups } from '../dynamo/dynamo-lookups.ts';
import { createDynamoWindows } from '../dynamo/dynamo-windows.ts';
import { createInsightsQuery } from '../log/insights-query.ts';
import { createS3Objects } from '../lake/s3-objects.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `PlanWindows`. */
export const handler = createStepFunction('plan-windows', (settings) => {
  const { table, lakeBucket, logGroup } = settings;
  const reservations = { client: new DynamoDBClient({ maxAttempts: 1 }), table };
  return createPlanWindows({
    clock: systemClock,
    codec: nodeCodec,
    logs: createInsightsQuery({ client: new CloudWatchLogsClient(), logGroup }),
    objects: createS3Objects({ client: new S3Client(), bucket: lakeBucket }),
    store: { ...createDynamoLookups(reservations), ...createDynamoWindows(reservations) },
  });
});
