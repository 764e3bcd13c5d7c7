import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Store, TenantRecord } from '../../handlers/ports.ts';
import { allItems } from './dynamo-pages.ts';
import {
  CURRENT_PRICE_BOOK,
  TENANTS,
  apiKeyKey,
  itemOf,
  optionalText,
  textIn,
} from './dynamo-table.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { politely } from './politely.ts';

/** What admins keep: tenants, keys, which price book is in use. */
export function createDynamoDirectory(
  table: DynamoTable,
): Pick<Store, 'putTenant' | 'tenants' | 'putKey' | 'publishPriceBook'> {
  async function put(item: Item): Promise<void> {
    await politely(() =>
      table.client.send(new PutItemCommand({ TableName: table.table, Item: item })),
    );
  }

  return {
    putTenant: ({ tenant, name, costCenter }) =>
      put(itemOf({ pk: TENANTS, sk: tenant, name, cost_center: costCenter })),

    async tenants() {
      const items = await allItems(table, {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: TENANTS } },
      });
      return items.map(tenantOf).sort(byName);
    },

    putKey: ({ keyId, tenant, costCenter, project, secretMac, expiresMs, revokedMs }) =>
      put(
        itemOf({
          ...apiKeyKey(keyId),
          ...{ tenant, cost_center: costCenter, project, secret_mac: secretMac },
          ...{ expires_ms: expiresMs, revoked_ms: revokedMs },
        }),
      ),

    publishPriceBook: (key) => put(itemOf({ ...CURRENT_PRICE_BOOK, key })),
  };
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
