import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { createStartQuery } from '../../../handlers/metering/start-query.ts';
import { createInsightsQuery } from '../log/insights-query.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `StartQuery`. */
export const handler = createStepFunction('start-query', ({ logGroup }) =>
  createStartQuery({ logs: createInsightsQuery({ client: new CloudWatchLogsClient(), logGroup }) }),
);
