import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { kindOfCounter } from '../../../domain/limits.ts';
import type { Hold } from '../../../domain/limits.ts';
import { HOUR_MS } from '../../../domain/instant.ts';
import { counterKey, itemOf, keyItem } from './dynamo-table.ts';

/** A hold that was taken: its ceiling no longer matters. */
export type TakenHold = Pick<Hold, 'counter' | 'amount'>;

/** Sums that change, by attribute. */
export type Booking = Partial<Record<'held' | 'suspense' | 'settled', bigint>>;

/** A minute's counter is of no use to anybody two days later. */
const MINUTE_LIFE_MS = 48 * HOUR_MS;

/**
 * Changes the sums of a counter. `taken` is always their total: a condition can compare it with the
 * room there is, and could not add.
 *
 * @param room - Most that may be taken before this; null where it is only counted.
 */
export function bookingOf(
  table: string,
  { counter, booking }: { readonly counter: string; readonly booking: Booking },
  room: bigint | null = null,
): TransactWriteItem {
  const changed = Object.entries(booking).filter(([, by]) => by !== 0n);
  const taken = changed.reduce((sum, [, by]) => sum + by, 0n);
  const sums = [...changed, ['taken', taken] as const];
  const ttl = lastSecondOf(counter);
  const values = itemOf({
    ...Object.fromEntries(sums.map(([name, by]) => [`:${name}`, by])),
    ...(ttl === null ? {} : { ':ttl': ttl }),
    ...(room === null ? {} : { ':room': room }),
  });
  const adds = `ADD ${sums.map(([name]) => `${name} :${name}`).join(', ')}`;
  return {
    Update: {
      TableName: table,
      Key: keyItem(counterKey(counter)),
      UpdateExpression: ttl === null ? adds : `${adds} SET #ttl = :ttl`,
      ...(ttl === null ? {} : { ExpressionAttributeNames: { '#ttl': 'ttl' } }),
      ExpressionAttributeValues: values,
      ...(room === null ? {} : { ConditionExpression: conditionFor(room) }),
    },
  };
}

function conditionFor(room: bigint): string {
  // What does not fit into an empty counter must not pass because there is no counter yet.
  return room < 0n ? 'taken <= :room' : 'attribute_not_exists(taken) OR taken <= :room';
}

/** When a counter of one minute may die, in seconds; null for one that is kept. */
function lastSecondOf(counter: string): number | null {
  const kind = kindOfCounter(counter);
  if (kind !== 'requests' && kind !== 'tokens') return null;
  const minuteMs = Date.parse(`${counter.split('/')[2] ?? ''}:00.000Z`);
  return Number.isNaN(minuteMs) ? null : (minuteMs + MINUTE_LIFE_MS) / 1000;
}

/** Holds as the reservation's item keeps them. */
export function holdsText(holds: readonly Hold[]): string | null {
  if (holds.length === 0) return null;
  return JSON.stringify(holds.map(({ counter, amount }) => [counter, String(amount)]));
}

/** See `holdsText`. */
export function parseHolds(text: string | null): readonly TakenHold[] {
  if (text === null) return [];
  const holds = JSON.parse(text) as readonly [string, string][];
  return holds.map(([counter, amount]) => ({ counter, amount: BigInt(amount) }));
}
