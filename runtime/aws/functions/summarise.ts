import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { createSummarise } from '../../../handlers/metering/summarise.ts';
import { nodeCodec } from '../../node/codec.ts';
import { createKmsSigner } from '../ledger/kms-signer.ts';
import { createS3Objects } from '../lake/s3-objects.ts';
import { createSnsNotifier } from '../sns-notifier.ts';
import { createStepFunction } from '../step-function.ts';
import { printingSummary } from '../log/summary-line.ts';

/** Function of the state `Summarise`. */
export const handler = createStepFunction('summarise', async (settings) => {
  const { lakeBucket, checkpointBucket, signingKey, topicArn } = settings;
  const client = new S3Client();
  const summarise = createSummarise({
    codec: nodeCodec,
    objects: createS3Objects({ client, bucket: lakeBucket }),
    checkpoints: createS3Objects({ client, bucket: checkpointBucket }),
    signer: await createKmsSigner({ client: new KMSClient(), keyId: signingKey }),
    notifier: createSnsNotifier({ client: new SNSClient(), topicArn }),
  });
  return printingSummary(summarise, process.stdout);
});
