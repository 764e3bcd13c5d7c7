import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { CounterState } from '../../../domain/limits.ts';
import type { Limits } from '../../../handlers/ports.ts';
import { claimKey, counterKey, itemOf, keyItem, optionalWhole } from './dynamo-table.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { putOnce } from './dynamo-put-once.ts';
import { requestName } from './dynamo-transaction.ts';
import { politely } from '../politely.ts';

/** What is taken from limits, and names that one caller claims. */
export function createDynamoLimits(dynamo: DynamoTable): Limits {
  const { client, table } = dynamo;

  async function stateOf(counter: string): Promise<CounterState> {
    const { Item: item = {} } = await politely(() =>
      client.send(
        new GetItemCommand({
          ...{ TableName: table, Key: keyItem(counterKey(counter)), ConsistentRead: true },
        }),
      ),
    );
    const sum = (name: string) => optionalWhole(item, name) ?? 0n;
    return { counter, held: sum('held'), suspense: sum('suspense'), settled: sum('settled') };
  }

  return {
    counters: (names) => Promise.all(names.map(stateOf)),

    async claim(name) {
      const claimedBy = requestName();
      const put = {
        TableName: table,
        Item: itemOf({ ...claimKey(name), claimed_by: claimedBy }),
        ConditionExpression: 'attribute_not_exists(pk)',
      };
      return putOnce(dynamo, put, { attribute: 'claimed_by', name: claimedBy });
    },
  };
}
