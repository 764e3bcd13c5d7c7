import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { createPollCount } from '../../../handlers/metering/poll-count.ts';
import { createInsightsQuery } from '../log/insights-query.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `PollCount`. */
export const handler = createStepFunction('poll-count', ({ logGroup }) =>
  createPollCount({ logs: createInsightsQuery({ client: new CloudWatchLogsClient(), logGroup }) }),
);
