import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { createCollectSlice } from '../../../handlers/metering/collect-slice.ts';
import { nodeCodec } from '../../node/codec.ts';
import { createInsightsQuery } from '../log/insights-query.ts';
import { openLake } from '../lake/open-lake.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `CollectSlice`. */
export const handler = createStepFunction('collect-slice', ({ logGroup, ...buckets }) =>
  createCollectSlice({
    codec: nodeCodec,
    logs: createInsightsQuery({ client: new CloudWatchLogsClient(), logGroup }),
    objects: openLake(buckets),
  }),
);
