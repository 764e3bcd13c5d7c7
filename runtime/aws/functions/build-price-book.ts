import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { createBuildPriceBook } from '../../../handlers/prices/build-price-book.ts';
import { nodeCodec } from '../../node/codec.ts';
import { parquetTables } from '../../node/parquet-tables.ts';
import { createDynamoLookups } from '../dynamo/dynamo-lookups.ts';
import { createS3Objects } from '../lake/s3-objects.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `BuildPriceBook`. */
export const handler = createStepFunction('build-price-book', ({ table, lakeBucket }) =>
  createBuildPriceBook({
    codec: nodeCodec,
    tables: parquetTables,
    objects: createS3Objects({ client: new S3Client(), bucket: lakeBucket }),
    store: createDynamoLookups({ client: new DynamoDBClient({ maxAttempts: 1 }), table }),
  }),
);
