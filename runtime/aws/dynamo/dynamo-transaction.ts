import { randomBytes } from 'node:crypto';
import { TransactWriteItemsCommand, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { CancellationReason, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { DynamoTable } from './dynamo-table.ts';
import { politely } from '../politely.ts';

/** A name for one request of ours, by which an answer that was lost is recognised later. */
export function requestName(): string {
  return randomBytes(9).toString('base64url');
}

/**
 * Does all of this or nothing, once, however often it must be asked: the token makes a repetition
 * within ten minutes a no-op.
 *
 * @returns null when it is done, or one reason per item where a condition did not hold.
 * @throws StoreUnavailable
 */
export async function transact(
  { client }: DynamoTable,
  items: TransactWriteItem[],
): Promise<readonly CancellationReason[] | null> {
  const command = new TransactWriteItemsCommand({
    TransactItems: items,
    ClientRequestToken: requestName(),
  });
  try {
    await politely(() => client.send(command));
    return null;
  } catch (error) {
    const reasons = error instanceof TransactionCanceledException ? error.CancellationReasons : [];
    if (reasons?.some(isUnmet)) return reasons;
    throw error;
  }
}

/** Did the item's condition not hold? */
export function isUnmet(reason: CancellationReason | undefined): boolean {
  return reason?.Code === 'ConditionalCheckFailed';
}
