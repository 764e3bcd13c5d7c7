import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createPublishPriceBook } from '../../../handlers/prices/publish-price-book.ts';
import { createDynamoBooks } from '../dynamo/dynamo-books.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `PublishPriceBook`. */
export const handler = createStepFunction('publish-price-book', ({ table }) =>
  createPublishPriceBook({
    store: createDynamoBooks({ client: new DynamoDBClient({ maxAttempts: 1 }), table }),
  }),
);
