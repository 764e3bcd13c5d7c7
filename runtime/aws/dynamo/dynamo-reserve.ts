import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Put } from '@aws-sdk/client-dynamodb';
import { eventTimeMs } from '../../../domain/event-id.ts';
import type { Hold } from '../../../domain/limits.ts';
import { LimitReached, ReservationExists } from '../../../handlers/ports.ts';
import type { Reservation, Store } from '../../../handlers/ports.ts';
import { bookingOf, holdsText } from './dynamo-holds.ts';
import { HOURS, hourName, itemOf, keyItem, reservationKey } from './dynamo-table.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { putOnce } from './dynamo-put-once.ts';
import { isUnmet, requestName, transact } from './dynamo-transaction.ts';
import { politely } from '../politely.ts';

/** A reservation on its way in: put where nothing is, under the name of this request. */
interface Entry {
  readonly put: Put & { readonly Item: Item };
  readonly madeBy: string;
}

/**
 * The way of a reservation into the store: its hour is marked, then it is put if it is not there, in
 * one transaction with what it takes from limits.
 */
export function createDynamoReserve(dynamo: DynamoTable): Pick<Store, 'reserve'> {
  const marked = createHourMarks(dynamo);

  return {
    async reserve(reservation) {
      const { id, attempt, holds = [] } = reservation;
      await marked(hourName(eventTimeMs(id)));
      const entry = entryOf(dynamo.table, reservation);
      const made =
        holds.length === 0
          ? await putOnce(dynamo, entry.put, { attribute: 'made_by', name: entry.madeBy })
          : await putWithHolds(dynamo, entry, holds);
      if (!made) throw new ReservationExists(`reservation ${id}/${attempt} exists`);
    },
  };
}

function entryOf(table: string, reservation: Reservation): Entry {
  const { id, attempt, tenant, state, reserved, leaseMs, holds = [] } = reservation;
  const madeBy = requestName();
  const Item = itemOf({
    ...reservationKey(id, attempt),
    ...{ tenant, state, reserved, lease_ms: leaseMs, holds: holdsText(holds), made_by: madeBy },
  });
  const put = {
    ...{ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
  return { put, madeBy };
}

/** @returns false if the identity was known. @throws LimitReached */
async function putWithHolds(
  dynamo: DynamoTable,
  { put }: Entry,
  holds: readonly Hold[],
): Promise<boolean> {
  const taking = holds.map(({ counter, amount, ceiling }) =>
    bookingOf(
      dynamo.table,
      { counter, booking: { held: amount } },
      ceiling === null ? null : ceiling - amount,
    ),
  );
  const refused = await transact(dynamo, [{ Put: put }, ...taking]);
  if (!refused) return true;
  const [known, ...full] = refused.map(isUnmet);
  const hold = holds[full.indexOf(true)];
  if (known !== true && hold) throw new LimitReached(hold.counter);
  return false;
}

/**
 * Marks an hour before its first reservation of this process, so that whoever looks for hours with
 * reservations finds it. Only the newest hour is remembered: a straggler of an older one marks it
 * again, and so opens it again for the sweep.
 */
function createHourMarks({ client, table }: DynamoTable): (hour: string) => Promise<void> {
  let newest: { readonly hour: string; readonly done: Promise<void> } | undefined;

  async function mark(hour: string): Promise<void> {
    await politely(() =>
      client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: keyItem({ pk: HOURS, sk: hour }),
          UpdateExpression: 'ADD marks :one REMOVE swept_ms',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        }),
      ),
    );
  }

  return (hour) => {
    if (newest?.hour === hour) return newest.done;
    const done = mark(hour);
    if (newest === undefined || hour > newest.hour) {
      newest = { hour, done };
      // A mark that failed is nobody's: the next reservation tries again.
      done.catch(() => {
        if (newest?.done === done) newest = undefined;
      });
    }
    return done;
  };
}
