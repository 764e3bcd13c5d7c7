import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { JobTooLong } from '../../handlers/ports.ts';
import type { Job } from '../../handlers/ports.ts';
import { createDynamoJobs } from '../../runtime/aws/dynamo/dynamo-jobs.ts';
import { jobKey, keyItem } from '../../runtime/aws/dynamo/dynamo-table.ts';
import { describeJobs } from '../contract/jobs.ts';
import { createTestTable } from './stand-ins/dynamo-tables.ts';
import type { TestTable } from './stand-ins/dynamo-tables.ts';

describeJobs('DynamoDB', async () => {
  const { client, table, drop } = await createTestTable();
  return { jobs: createDynamoJobs({ client, table }), close: drop };
});

describe('kept answers in DynamoDB', () => {
  let table: TestTable;
  beforeAll(async () => {
    table = await createTestTable();
  });
  afterAll(() => table.drop());

  const of = (body: string): Job => ({
    ...{ tenant: 't_a', id: 'j1', result: { status: 200, body }, expiresMs: 2_000_000_000_001 },
  });

  it('are deleted by DynamoDB itself, never before they expire', async () => {
    await createDynamoJobs(table).put(of('{}'));
    const { Item } = await table.client.send(
      new GetItemCommand({ TableName: table.table, Key: keyItem(jobKey('t_a', 'j1')) }),
    );
    expect(Item?.['ttl']).toEqual({ N: '2000000001' });
  });

  it('are as long as an item can be, and what is longer leaves what was there', async () => {
    const jobs = createDynamoJobs(table);
    const longest = of('ü'.repeat(200_000));
    await jobs.put(longest);
    expect(await jobs.find(longest, 0)).toEqual(longest);

    await expect(jobs.put(of(`${'ü'.repeat(200_000)}x`))).rejects.toThrow(
      new JobTooLong('answer j1: got 400001 bytes, expected at most 400000'),
    );
    expect(await jobs.find(longest, 0)).toEqual(longest);
  });
});
