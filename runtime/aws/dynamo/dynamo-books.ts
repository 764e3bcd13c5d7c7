import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Store } from '../../../handlers/ports.ts';
import { createDynamoLookups } from './dynamo-lookups.ts';
import { CURRENT_PRICE_BOOK, itemOf } from './dynamo-table.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { politely } from '../politely.ts';

/** Which price book is in use: one item, read strongly and written whole. */
export function createDynamoBooks(
  dynamo: DynamoTable,
): Pick<Store, 'currentPriceBook' | 'publishPriceBook'> {
  const { client, table } = dynamo;
  const { currentPriceBook } = createDynamoLookups(dynamo);
  return {
    currentPriceBook,
    async publishPriceBook(key) {
      const Item = itemOf({ ...CURRENT_PRICE_BOOK, key });
      await politely(() => client.send(new PutItemCommand({ TableName: table, Item })));
    },
  };
}
