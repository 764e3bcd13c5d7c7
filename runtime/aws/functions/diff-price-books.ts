import { S3Client } from '@aws-sdk/client-s3';
import { createDiffPriceBooks } from '../../../handlers/prices/diff-price-books.ts';
import { nodeCodec } from '../../node/codec.ts';
import { createS3Objects } from '../lake/s3-objects.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `DiffPriceBooks`. */
export const handler = createStepFunction('diff-price-books', ({ lakeBucket }) =>
  createDiffPriceBooks({
    codec: nodeCodec,
    objects: createS3Objects({ client: new S3Client(), bucket: lakeBucket }),
  }),
);
