import {
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { settledAmount, suspendedAmount } from '../../../domain/limits.ts';
import type { Used } from '../../../domain/limits.ts';
import type { Store } from '../../../handlers/ports.ts';
import { bookingOf, parseHolds } from './dynamo-holds.ts';
import type { Booking, TakenHold } from './dynamo-holds.ts';
import { keyItem, optionalText, reservationKey, textIn } from './dynamo-table.ts';
import type { DynamoTable, Item, ItemKey } from './dynamo-table.ts';
import { requestName, transact } from './dynamo-transaction.ts';
import { politely } from '../politely.ts';

/** What settles a reservation. */
interface Settlement {
  readonly key: ItemKey;
  readonly line: string;
  readonly used: Used;
  /** Name of the request. */
  readonly settledBy: string;
}

/**
 * Settling: one conditional write. The line lies in the reservation's own item, so that nothing but
 * limits needs a transaction.
 */
export function createDynamoSettle(dynamo: DynamoTable): Pick<Store, 'settle'> {
  const { client, table } = dynamo;

  async function read(key: ItemKey): Promise<Item | undefined> {
    const { Item } = await politely(() =>
      client.send(
        new GetItemCommand({ TableName: table, Key: keyItem(key), ConsistentRead: true }),
      ),
    );
    return Item;
  }

  return {
    async settle({ id, attempt }, line, used) {
      const key = reservationKey(id, attempt);
      const settlement = { key, line, used, settledBy: requestName() };
      // It ends: a reservation only goes forward, from PENDING by SUSPENSE to a last state.
      for (;;) {
        const item = await read(key);
        const state = item && textIn(item, 'state');
        if (!item || (state !== 'PENDING' && state !== 'SUSPENSE')) {
          // Settled by us, in an attempt whose answer never came.
          return item?.['settled_by']?.S === settlement.settledBy;
        }
        if (await settleFrom(dynamo, item, settlement)) return true;
      }
    },
  };
}

/** @returns false if the reservation is not any more as it was read. */
async function settleFrom(
  dynamo: DynamoTable,
  item: Item,
  { key, line, used, settledBy }: Settlement,
): Promise<boolean> {
  const { client, table } = dynamo;
  const state = textIn(item, 'state');
  const change = {
    TableName: table,
    Key: keyItem(key),
    UpdateExpression: 'SET #state = :settled, #line = :line, settled_by = :by',
    ConditionExpression: '#state = :from',
    ExpressionAttributeNames: { '#state': 'state', '#line': 'line' },
    ExpressionAttributeValues: {
      ...{ ':settled': { S: 'SETTLED' }, ':from': { S: state } },
      ...{ ':line': { S: line }, ':by': { S: settledBy } },
    },
  };
  const holds = parseHolds(optionalText(item, 'holds'));
  if (holds.length > 0) {
    const bookings = holds.map((hold) => ({
      counter: hold.counter,
      booking: settledBooking(hold, state, used),
    }));
    const items = bookings.map((booking) => bookingOf(table, booking));
    return (await transact(dynamo, [{ Update: change }, ...items])) === null;
  }
  try {
    await politely(() => client.send(new UpdateItemCommand(change)));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** From where the hold is booked to what was used. */
function settledBooking({ counter, amount }: TakenHold, state: string, used: Used): Booking {
  const hold = { counter, amount, ceiling: null };
  const settled = settledAmount(hold, used);
  return state === 'PENDING'
    ? { held: -amount, settled }
    : { suspense: -suspendedAmount(hold), settled };
}
