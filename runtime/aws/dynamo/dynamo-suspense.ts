import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { eventTimeMs } from '../../../domain/event-id.ts';
import { HOUR_MS } from '../../../domain/instant.ts';
import type { Store } from '../../../handlers/ports.ts';
import { allItems, pagesOf } from './dynamo-pages.ts';
import { HOURS, SHARDS, identityInKey, keyItem, reservationsKey } from './dynamo-table.ts';
import { textIn, wholeIn } from './dynamo-table.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { politely } from '../politely.ts';

/** A sweep that marked an hour has moved all it will by now, or died. */
const MARK_STANDS_MS = HOUR_MS;

/** Says on the mark of an hour that something of it goes to suspense, before it does. */
export async function markSuspense(
  { client, table }: DynamoTable,
  hour: string,
  nowMs: number,
): Promise<void> {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: keyItem({ pk: HOURS, sk: hour }),
    UpdateExpression: 'SET suspense_ms = :now',
    ExpressionAttributeValues: { ':now': { N: String(nowMs) } },
  });
  await politely(() => client.send(command));
}

/**
 * The oldest reservation in suspense: reads the hours that are marked, the first one until it finds one.
 * An hour in which nothing is left there loses its mark, and is not read again.
 */
export function createDynamoSuspense(table: DynamoTable): Pick<Store, 'suspendedSince'> {
  return {
    async suspendedSince(nowMs) {
      for (const mark of await markedHours(table)) {
        const hour = textIn(mark, 'sk');
        const firsts = await Promise.all(
          SHARDS.map((shard) => firstIn(table, reservationsKey(hour, shard))),
        );
        const found = firsts.filter((ms) => ms !== undefined);
        if (found.length > 0) return Math.min(...found);
        if (wholeIn(mark, 'suspense_ms') < nowMs - MARK_STANDS_MS) await unmark(table, mark);
      }
      return undefined;
    },
  };
}

/** In the order of their names, which is that of time. */
function markedHours(table: DynamoTable): Promise<Item[]> {
  return allItems(table, {
    KeyConditionExpression: 'pk = :pk',
    FilterExpression: 'attribute_exists(suspense_ms)',
    ExpressionAttributeValues: { ':pk': { S: HOURS } },
  });
}

/** Admission of the first reservation in suspense of a shard: its keys begin with their time. */
async function firstIn(table: DynamoTable, pk: string): Promise<number | undefined> {
  const pages = pagesOf(table, {
    KeyConditionExpression: 'pk = :pk',
    FilterExpression: '#state = :suspense',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':pk': { S: pk }, ':suspense': { S: 'SUSPENSE' } },
    ProjectionExpression: 'sk',
  });
  for await (const [first] of pages) {
    if (first) return eventTimeMs(identityInKey(textIn(first, 'sk')).id);
  }
  return undefined;
}

/** Takes the mark away, unless another sweep has set it since. */
async function unmark({ client, table }: DynamoTable, mark: Item): Promise<void> {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: keyItem({ pk: HOURS, sk: textIn(mark, 'sk') }),
    UpdateExpression: 'REMOVE suspense_ms',
    ConditionExpression: 'suspense_ms = :seen',
    ExpressionAttributeValues: { ':seen': { N: String(wholeIn(mark, 'suspense_ms')) } },
  });
  try {
    await politely(() => client.send(command));
  } catch (error) {
    // Somebody marked it again, or took the mark away: a repeated removal finds none.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
