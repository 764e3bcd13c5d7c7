import { QueryCommand } from '@aws-sdk/client-dynamodb';
import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { politely } from '../politely.ts';

/** What is asked of one partition; reads are always strongly consistent. */
export type PartitionQuery = Omit<
  QueryCommandInput,
  'TableName' | 'ConsistentRead' | 'ExclusiveStartKey'
>;

/** The pages of an answer, in the order of `sk`; a page may be empty though others follow. */
export async function* pagesOf(
  { client, table }: DynamoTable,
  query: PartitionQuery,
): AsyncGenerator<readonly Item[]> {
  let ExclusiveStartKey: Item | undefined;
  do {
    const page = await politely(() =>
      client.send(
        new QueryCommand({ ...query, TableName: table, ConsistentRead: true, ExclusiveStartKey }),
      ),
    );
    yield page.Items ?? [];
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
}

/** All items of an answer that is known to be small. */
export async function allItems(table: DynamoTable, query: PartitionQuery): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pagesOf(table, query)) items.push(...page);
  return items;
}
