import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { eventTimeMs } from '../../../domain/event-id.ts';
import type { EventId } from '../../../domain/event-id.ts';
import { formatInstant } from '../../../domain/instant.ts';

/**
 * One table for everything that is not a file: keys `pk` and `sk`, both text. README beside this file
 * has the whole design. Nothing here needs an index: what money depends on is read from the table
 * itself, strongly consistent.
 */
export interface DynamoTable {
  /** Without retries of its own (`maxAttempts: 1`): `politely` retries, and knows more. */
  readonly client: DynamoDBClient;
  readonly table: string;
}

/** Primary key of an item. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** An item as DynamoDB has it. */
export type Item = Record<string, AttributeValue>;

/**
 * Last digits of ids, which are random: one hour's reservations lie in sixteen partitions, each good
 * for 1,000 write units a second.
 */
export const SHARDS = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

const ATTEMPT_DIGITS = 6;

/** An attempt that its key cannot hold, or a key that is none of ours. */
export class StoreKeyError extends RangeError {
  override readonly name = 'StoreKeyError';
}

/** The name of the hour of an instant: `2026-02-01T12`. */
export function hourName(ms: number): string {
  return formatInstant(ms).slice(0, 13);
}

/** Start of the hour of that name, UTC ms. */
export function hourStartMs(name: string): number {
  return Date.parse(`${name}:00:00.000Z`);
}

/** Partition of one shard of an hour's reservations. */
export function reservationsKey(hour: string, shard: string): string {
  return `reservations/${hour}/${shard}`;
}

/**
 * Key of a reservation. Text order of `sk` is the order of ids, then of attempts.
 *
 * @throws StoreKeyError for an attempt below 1 or of more than six digits.
 */
export function reservationKey(id: EventId, attempt: number): ItemKey {
  if (!Number.isInteger(attempt) || attempt < 1 || attempt >= 10 ** ATTEMPT_DIGITS) {
    throw new StoreKeyError(`attempt of ${id}: got ${attempt}, expected 1 to 999999`);
  }
  const pk = reservationsKey(hourName(eventTimeMs(id)), id.slice(-1));
  return { pk, sk: `${id}/${String(attempt).padStart(ATTEMPT_DIGITS, '0')}` };
}

/** The identity in a reservation's `sk`. */
export function identityInKey(sk: string): { readonly id: EventId; readonly attempt: number } {
  const [id = '', attempt = ''] = sk.split('/');
  return { id, attempt: Number(attempt) };
}

/** Partition of the marks of hours that hold, or were about to hold, reservations. */
export const HOURS = 'hours';

/** Partition of tenants: few, and read together. */
export const TENANTS = 'tenants';

/** Key of an API key's record. */
export function apiKeyKey(keyId: string): ItemKey {
  return { pk: `keys/${keyId}`, sk: 'key' };
}

/** Partition of the references to a tenant's API keys. */
export function keysOfTenant(tenant: string): string {
  return `keys-of/${tenant}`;
}

/** Key of what is taken from one limit. */
export function counterKey(counter: string): ItemKey {
  return { pk: `counters/${counter}`, sk: 'counter' };
}

/** Key of a name that one caller claimed. */
export function claimKey(name: string): ItemKey {
  return { pk: `claims/${name}`, sk: 'claim' };
}

/** Key of a kept answer. Each has a partition of its own: one may be as long as an item can be. */
export function jobKey(tenant: string, id: string): ItemKey {
  return { pk: `jobs/${tenant}/${id}`, sk: 'job' };
}

/** Partition of the documents of a kind. */
export function documentsKey(kind: string): string {
  return `documents/${kind}`;
}

/** Partition of the audit log: admins change little, and it is read by time. */
export const AUDIT_LOG = 'audit';

/** Key of the pointer to the price book that new runs use. */
export const CURRENT_PRICE_BOOK: ItemKey = { pk: 'settings', sk: 'price-book' };

/** A key as DynamoDB has it. */
export function keyItem({ pk, sk }: ItemKey): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

/** An item of texts and whole numbers; what is null is left out. */
export function itemOf(values: Readonly<Record<string, string | number | bigint | null>>): Item {
  const item: Item = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === null) continue;
    item[name] = typeof value === 'string' ? { S: value } : { N: value.toString() };
  }
  return item;
}

/** An item that lacks an attribute it was written with: somebody else wrote it. */
export class StoreItemError extends Error {
  override readonly name = 'StoreItemError';
}

/** Text of an item, or null. */
export function optionalText(item: Item, name: string): string | null {
  return item[name]?.S ?? null;
}

/** Text of an item. @throws StoreItemError */
export function textIn(item: Item, name: string): string {
  const value = item[name]?.S;
  if (value !== undefined) return value;
  throw new StoreItemError(`item ${item['pk']?.S ?? ''}: got no text ${name}`);
}

/** A whole number of an item, exact whatever its size, or null. */
export function optionalWhole(item: Item, name: string): bigint | null {
  const digits = item[name]?.N;
  return digits === undefined ? null : BigInt(digits);
}

/** A whole number of an item that a double holds. @throws StoreItemError */
export function wholeIn(item: Item, name: string): number {
  const value = Number(item[name]?.N);
  if (Number.isSafeInteger(value)) return value;
  throw new StoreItemError(`item ${item['pk']?.S ?? ''}: got no whole number ${name}`);
}
