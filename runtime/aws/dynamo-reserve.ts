import { randomBytes } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { eventTimeMs } from '../../domain/event-id.ts';
import { ReservationExists } from '../../handlers/ports.ts';
import type { Store } from '../../handlers/ports.ts';
import { HOURS, hourName, itemOf, keyItem, reservationKey } from './dynamo-table.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { politely } from './politely.ts';

/** A name for one request of ours, by which an answer that was lost is recognised later. */
export function requestName(): string {
  return randomBytes(9).toString('base64url');
}

/** The way of a reservation into the store: its hour is marked, then it is put if it is not there. */
export function createDynamoReserve({ client, table }: DynamoTable): Pick<Store, 'reserve'> {
  const marked = createHourMarks({ client, table });

  return {
    async reserve({ id, attempt, tenant, state, reserved, leaseMs }) {
      await marked(hourName(eventTimeMs(id)));
      const madeBy = requestName();
      const Item = itemOf({
        ...reservationKey(id, attempt),
        ...{ tenant, state, reserved, lease_ms: leaseMs, made_by: madeBy },
      });
      try {
        await politely(() =>
          client.send(
            new PutItemCommand({
              TableName: table,
              Item,
              ConditionExpression: 'attribute_not_exists(pk)',
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            }),
          ),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // Our own, made by an attempt whose answer never came.
        if (error.Item?.['made_by']?.S === madeBy) return;
        throw new ReservationExists(`reservation ${id}/${attempt} exists`);
      }
    },
  };
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
