import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { createStartCount } from '../../../handlers/metering/start-count.ts';
import { createInsightsQuery } from '../log/insights-query.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `StartCount`. */
export const handler = createStepFunction('start-count', ({ logGroup }) =>
  createStartCount({ logs: createInsightsQuery({ client: new CloudWatchLogsClient(), logGroup }) }),
);
