import { createDynamoStore } from '../../runtime/aws/dynamo/dynamo-store.ts';
import { describeLimits } from '../contract/limits.ts';
import { describeRecords } from '../contract/records.ts';
import { describeStore } from '../contract/store.ts';
import { createTestTable } from './stand-ins/dynamo-tables.ts';

async function openStore() {
  const { client, table, drop } = await createTestTable();
  return { store: createDynamoStore({ client, table }), close: drop };
}

describeStore('DynamoDB', openStore);
describeLimits('DynamoDB', openStore, { burst: 1000, histories: 15 });
describeRecords('DynamoDB', async () => {
  const { store, close } = await openStore();
  return { records: store, close };
});
