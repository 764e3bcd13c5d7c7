import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { createHoldPriceBook } from '../../../handlers/prices/hold-price-book.ts';
import { createS3Objects } from '../lake/s3-objects.ts';
import { createSnsNotifier } from '../sns-notifier.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `HoldPriceBook`. */
export const handler = createStepFunction('hold-price-book', ({ lakeBucket, topicArn }) =>
  createHoldPriceBook({
    objects: createS3Objects({ client: new S3Client(), bucket: lakeBucket }),
    notifier: createSnsNotifier({ client: new SNSClient(), topicArn }),
  }),
);
