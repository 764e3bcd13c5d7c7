import { createDynamoStore } from '../../runtime/aws/dynamo-store.ts';
import { describeStore } from '../contract/store.ts';
import { createTestTable } from './stand-ins/dynamo-tables.ts';

describeStore('DynamoDB', async () => {
  const { client, table, drop } = await createTestTable();
  return { store: createDynamoStore({ client, table }), close: drop };
});
