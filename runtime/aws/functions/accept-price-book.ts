import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { createAcceptPriceBook } from '../../../handlers/prices/accept-price-book.ts';
import { createDynamoBooks } from '../dynamo/dynamo-books.ts';
import { createS3Objects } from '../lake/s3-objects.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `AcceptPriceBook`. */
export const handler = createStepFunction('accept-price-book', ({ table, lakeBucket }) =>
  createAcceptPriceBook({
    objects: createS3Objects({ client: new S3Client(), bucket: lakeBucket }),
    store: createDynamoBooks({ client: new DynamoDBClient({ maxAttempts: 1 }), table }),
  }),
);
