import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Store } from '../../handlers/ports.ts';
import { requestName } from './dynamo-reserve.ts';
import { keyItem, reservationKey } from './dynamo-table.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { politely } from './politely.ts';

/**
 * Settling: one conditional update. The line lies in the reservation's own item, so that both are
 * changed in one write and no transaction is needed.
 */
export function createDynamoSettle({ client, table }: DynamoTable): Pick<Store, 'settle'> {
  return {
    async settle({ id, attempt }, line) {
      const settledBy = requestName();
      const command = new UpdateItemCommand({
        TableName: table,
        Key: keyItem(reservationKey(id, attempt)),
        UpdateExpression: 'SET #state = :settled, #line = :line, settled_by = :by',
        ConditionExpression: '#state IN (:pending, :suspense)',
        ExpressionAttributeNames: { '#state': 'state', '#line': 'line' },
        ExpressionAttributeValues: {
          ...{ ':settled': { S: 'SETTLED' }, ':line': { S: line }, ':by': { S: settledBy } },
          ...{ ':pending': { S: 'PENDING' }, ':suspense': { S: 'SUSPENSE' } },
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await politely(() => client.send(command));
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // Settled by us, in an attempt whose answer never came.
        return error.Item?.['settled_by']?.S === settledBy;
      }
    },
  };
}
