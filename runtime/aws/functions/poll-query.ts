import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { createPollQuery } from '../../../handlers/metering/poll-query.ts';
import { createInsightsQuery } from '../log/insights-query.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `PollQuery`. */
export const handler = createStepFunction('poll-query', ({ logGroup }) =>
  createPollQuery({ logs: createInsightsQuery({ client: new CloudWatchLogsClient(), logGroup }) }),
);
