import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Put } from '@aws-sdk/client-dynamodb';
import type { DynamoTable } from './dynamo-table.ts';
import { politely } from '../politely.ts';

/** By which an item says which request of ours made it. */
interface OwnMark {
  readonly attribute: string;
  readonly name: string;
}

/**
 * Puts an item under its condition, once, however often it must be asked: an item that bears the mark is
 * our own, made by an attempt whose answer never came.
 *
 * @returns false where the condition did not hold.
 * @throws StoreUnavailable
 */
export async function putOnce(
  { client }: DynamoTable,
  put: Put,
  { attribute, name }: OwnMark,
): Promise<boolean> {
  const command = new PutItemCommand({ ...put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
  try {
    await politely(() => client.send(command));
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return error.Item?.[attribute]?.S === name;
  }
}
