import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { ApiKeyRecord, AuditEntry, Store, TenantRecord } from '../../../handlers/ports.ts';
import { auditPut } from './dynamo-audit.ts';
import { createDynamoBooks } from './dynamo-books.ts';
import { createDynamoLookups } from './dynamo-lookups.ts';
import { allItems } from './dynamo-pages.ts';
import {
  StoreItemError,
  TENANTS,
  apiKeyKey,
  itemOf,
  keysOfTenant,
  optionalText,
  textIn,
} from './dynamo-table.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { transact } from './dynamo-transaction.ts';

/** What admins keep: tenants, keys, which price book is in use. */
export function createDynamoDirectory(
  dynamo: DynamoTable,
): Pick<Store, 'putTenant' | 'tenants' | 'putKey' | 'keysOf' | 'publishPriceBook'> {
  const { table } = dynamo;
  const { findKey } = createDynamoLookups(dynamo);
  const put = (Item: Item): TransactWriteItem => ({ Put: { TableName: table, Item } });

  /** All of it and its entry in the audit log, or nothing. */
  async function change(items: TransactWriteItem[], entry: AuditEntry): Promise<void> {
    const refused = await transact(dynamo, [...items, auditPut(table, entry)]);
    if (refused) throw new StoreItemError(`audit log: got an entry of the same name twice`);
  }

  const itemsIn = (pk: string) =>
    allItems(dynamo, {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
    });

  return {
    putTenant: ({ tenant, name, costCenter }, entry) =>
      change([put(itemOf({ pk: TENANTS, sk: tenant, name, cost_center: costCenter }))], entry),

    tenants: async () => (await itemsIn(TENANTS)).map(tenantOf).sort(byName),

    putKey: (key, entry) => {
      const reference = itemOf({ pk: keysOfTenant(key.tenant), sk: key.keyId });
      return change([put(apiKeyItem(key)), put(reference)], entry);
    },

    async keysOf(tenant) {
      const references = await itemsIn(keysOfTenant(tenant));
      const keys = await Promise.all(references.map((one) => findKey(textIn(one, 'sk'))));
      // A key that went to another tenant leaves its reference behind.
      return keys.flatMap((key) => (key?.tenant === tenant ? [key] : []));
    },

    publishPriceBook: createDynamoBooks(dynamo).publishPriceBook,
  };
}

function apiKeyItem(key: ApiKeyRecord): Item {
  const { keyId, tenant, costCenter, project, secretMac, expiresMs, revokedMs, teams } = key;
  return itemOf({
    ...apiKeyKey(keyId),
    ...{ tenant, cost_center: costCenter, project, secret_mac: secretMac },
    ...{ expires_ms: expiresMs, revoked_ms: revokedMs, teams: JSON.stringify(teams) },
  });
}

function tenantOf(item: Item): TenantRecord {
  return {
    tenant: textIn(item, 'sk'),
    name: textIn(item, 'name'),
    costCenter: optionalText(item, 'cost_center'),
  };
}

function byName(a: TenantRecord, b: TenantRecord): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.tenant < b.tenant ? -1 : 1;
}
