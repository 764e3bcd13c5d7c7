import { S3Client } from '@aws-sdk/client-s3';
import type { ObjectStore } from '../../../handlers/ports.ts';
import { createLakeObjects } from './lake-objects.ts';
import { createS3Objects } from './s3-objects.ts';

/** The lake and what lies beside it for the next states, by the settings of a step. */
export function openLake(settings: {
  readonly lakeBucket: string;
  readonly workBucket: string;
}): ObjectStore {
  const client = new S3Client();
  return createLakeObjects({
    lake: createS3Objects({ client, bucket: settings.lakeBucket }),
    work: createS3Objects({ client, bucket: settings.workBucket }),
  });
}
