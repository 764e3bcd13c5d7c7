import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { HOUR_MS } from '../../../domain/instant.ts';
import { suspendedAmount } from '../../../domain/limits.ts';
import type { Store } from '../../../handlers/ports.ts';
import { bookingOf, parseHolds } from './dynamo-holds.ts';
import { allItems, pagesOf } from './dynamo-pages.ts';
import { markSuspense } from './dynamo-suspense.ts';
import {
  HOURS,
  SHARDS,
  hourStartMs,
  keyItem,
  optionalText,
  reservationsKey,
  textIn,
  wholeIn,
} from './dynamo-table.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { transact } from './dynamo-transaction.ts';
import { politely } from '../politely.ts';

/** An hour without anything pending is looked at no more from this long after its end. */
const DONE_AFTER_MS = 2 * HOUR_MS;
/** Updates under way at once in each of the sixteen shards. */
const AT_ONCE = 16;

/**
 * The sweep: reads the hours that are not done, strongly consistent, and moves what is pending past
 * its lease. Cost follows the last two or three hours, not the age of the table.
 */
export function createDynamoSweep(table: DynamoTable): Pick<Store, 'sweep'> {
  return {
    async sweep(nowMs) {
      let swept = 0;
      for (const mark of await hoursNotDone(table)) {
        const hour = textIn(mark, 'sk');
        const ends = await Promise.all(
          SHARDS.map((shard) => sweepShard(table, { hour, shard, nowMs })),
        );
        for (const { moved } of ends) swept += moved;
        const pending = ends.some((end) => end.pending > 0);
        if (!pending && nowMs >= hourStartMs(hour) + HOUR_MS + DONE_AFTER_MS) {
          await markDone(table, mark, nowMs);
        }
      }
      return swept;
    },
  };
}

function hoursNotDone(table: DynamoTable): Promise<Item[]> {
  return allItems(table, {
    KeyConditionExpression: 'pk = :pk',
    FilterExpression: 'attribute_not_exists(swept_ms)',
    ExpressionAttributeValues: { ':pk': { S: HOURS } },
  });
}

interface ShardSwept {
  readonly moved: number;
  /** Still within their lease. */
  readonly pending: number;
}

interface Shard {
  readonly hour: string;
  readonly shard: string;
  readonly nowMs: number;
}

async function sweepShard(table: DynamoTable, { hour, shard, nowMs }: Shard): Promise<ShardSwept> {
  let [moved, pending] = [0, 0];
  const pk = reservationsKey(hour, shard);
  const pages = pagesOf(table, {
    KeyConditionExpression: 'pk = :pk',
    FilterExpression: '#state = :pending',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':pk': { S: pk }, ':pending': { S: 'PENDING' } },
    ProjectionExpression: 'pk, sk, lease_ms, holds',
  });
  for await (const page of pages) {
    const over = page.filter((item) => wholeIn(item, 'lease_ms') < nowMs);
    pending += page.length - over.length;
    if (over.length > 0) await markSuspense(table, hour, nowMs);
    for (let at = 0; at < over.length; at += AT_ONCE) {
      const group = over.slice(at, at + AT_ONCE);
      const ends = await Promise.all(group.map((item) => suspend(table, item, nowMs)));
      moved += ends.filter(Boolean).length;
    }
  }
  return { moved, pending };
}

/** PENDING → SUSPENSE, its holds with it. @returns false if it was settled in the meantime. */
async function suspend(dynamo: DynamoTable, item: Item, nowMs: number): Promise<boolean> {
  const { client, table } = dynamo;
  const change = {
    TableName: table,
    Key: keyItem({ pk: textIn(item, 'pk'), sk: textIn(item, 'sk') }),
    UpdateExpression: 'SET #state = :suspense',
    ConditionExpression: '#state = :pending AND lease_ms < :now',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ...{ ':pending': { S: 'PENDING' }, ':suspense': { S: 'SUSPENSE' } },
      ':now': { N: String(nowMs) },
    },
  };
  const holds = parseHolds(optionalText(item, 'holds'));
  if (holds.length === 0) {
    return happens(politely(() => client.send(new UpdateItemCommand(change))));
  }
  const bookings = holds.map(({ counter, amount }) => {
    const suspense = suspendedAmount({ counter, amount, ceiling: null });
    return bookingOf(table, { counter, booking: { held: -amount, suspense } });
  });
  return (await transact(dynamo, [{ Update: change }, ...bookings])) === null;
}

/** Nothing of this hour is looked at any more, unless it was marked again since we read its mark. */
async function markDone({ client, table }: DynamoTable, mark: Item, nowMs: number) {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: keyItem({ pk: HOURS, sk: textIn(mark, 'sk') }),
    UpdateExpression: 'SET swept_ms = :now',
    ConditionExpression: 'marks = :seen',
    ExpressionAttributeValues: {
      ':now': { N: String(nowMs) },
      ':seen': { N: String(wholeIn(mark, 'marks')) },
    },
  });
  await happens(politely(() => client.send(command)));
}

/** Did a conditional change happen, or did its condition not hold? */
async function happens(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
