import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { ReservationState } from '../../../domain/match-reservations.ts';
import { picoUsd } from '../../../domain/money.ts';
import type { ApiKeyRecord, Records, Reservation, Store } from '../../../handlers/ports.ts';
import {
  CURRENT_PRICE_BOOK,
  apiKeyKey,
  documentsKey,
  identityInKey,
  keyItem,
  optionalText,
  optionalWhole,
  reservationKey,
  textIn,
  wholeIn,
} from './dynamo-table.ts';
import type { DynamoTable, Item, ItemKey } from './dynamo-table.ts';
import { politely } from '../politely.ts';

/** What is found by its own key, strongly consistent: GetItem and nothing else. */
export type DynamoLookups = Pick<
  Store,
  'findKey' | 'findReservation' | 'settledLine' | 'currentPriceBook'
> &
  Pick<Records, 'find'>;

/** See `DynamoLookups`. */
export function createDynamoLookups({ client, table }: DynamoTable): DynamoLookups {
  async function get(key: ItemKey): Promise<Item | undefined> {
    const found = await politely(() =>
      client.send(
        new GetItemCommand({ TableName: table, Key: keyItem(key), ConsistentRead: true }),
      ),
    );
    return found.Item;
  }

  return {
    async findKey(keyId) {
      const item = await get(apiKeyKey(keyId));
      return item && apiKeyOf(keyId, item);
    },
    async findReservation(id, attempt) {
      const item = await get(reservationKey(id, attempt));
      return item && reservationOf(item);
    },
    async settledLine(id, attempt) {
      const item = await get(reservationKey(id, attempt));
      return item?.['line']?.S;
    },
    async find(kind, id) {
      const item = await get({ pk: documentsKey(kind), sk: id });
      return item && textIn(item, 'json');
    },
    async currentPriceBook() {
      const item = await get(CURRENT_PRICE_BOOK);
      return item && textIn(item, 'key');
    },
  };
}

function reservationOf(item: Item): Reservation {
  const reserved = optionalWhole(item, 'reserved');
  return {
    ...identityInKey(textIn(item, 'sk')),
    tenant: textIn(item, 'tenant'),
    state: textIn(item, 'state') as ReservationState,
    reserved: reserved === null ? null : picoUsd(reserved),
    leaseMs: wholeIn(item, 'lease_ms'),
  };
}

function apiKeyOf(keyId: string, item: Item): ApiKeyRecord {
  const revokedMs = optionalWhole(item, 'revoked_ms');
  return {
    keyId,
    tenant: textIn(item, 'tenant'),
    costCenter: optionalText(item, 'cost_center'),
    project: optionalText(item, 'project'),
    secretMac: textIn(item, 'secret_mac'),
    expiresMs: wholeIn(item, 'expires_ms'),
    revokedMs: revokedMs === null ? null : Number(revokedMs),
    teams: JSON.parse(textIn(item, 'teams')) as readonly string[],
  };
}
