import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { randomBytes } from 'node:crypto';
import { standIn } from './clients.ts';

/** A table of DynamoDB Local. */
export interface TestTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  drop(): Promise<void>;
}

/** A new table with the keys and the billing that the stacks give it; the endpoint may be a proxy's. */
export async function createTestTable(endpoint?: string): Promise<TestTable> {
  const client = new DynamoDBClient({
    ...standIn('dynamodb'),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Thousands at once are what is tested: their queue is no news.
    requestHandler: { socketAcquisitionWarningTimeout: 600_000 },
  });
  const table = `test-${randomBytes(6).toString('hex')}`;
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  );
  return {
    client,
    table,
    drop: async () => {
      await client.send(new DeleteTableCommand({ TableName: table }));
      client.destroy();
    },
  };
}
