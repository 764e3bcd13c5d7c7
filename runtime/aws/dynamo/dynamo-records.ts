import { formatInstant } from '../../../domain/instant.ts';
import { RecordConflict } from '../../../handlers/ports.ts';
import type { Records } from '../../../handlers/ports.ts';
import { auditEntryOf, auditPut } from './dynamo-audit.ts';
import { createDynamoLookups } from './dynamo-lookups.ts';
import { allItems } from './dynamo-pages.ts';
import { AUDIT_LOG, documentsKey, itemOf, textIn } from './dynamo-table.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { transact } from './dynamo-transaction.ts';

/** Documents of admins and the audit log. */
export function createDynamoRecords(dynamo: DynamoTable): Records {
  const { table } = dynamo;
  return {
    find: createDynamoLookups(dynamo).find,

    async list(kind) {
      const items = await allItems(dynamo, {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: documentsKey(kind) } },
      });
      return items.map((item) => ({ kind, id: textIn(item, 'sk'), json: textIn(item, 'json') }));
    },

    async change({ kind, id, json }, before, entry) {
      const asRead =
        before === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: '#json = :before',
              ExpressionAttributeNames: { '#json': 'json' },
              ExpressionAttributeValues: { ':before': { S: before } },
            };
      const Item = itemOf({ pk: documentsKey(kind), sk: id, json });
      const refused = await transact(dynamo, [
        { Put: { TableName: table, Item, ...asRead } },
        auditPut(table, entry),
      ]);
      if (refused) {
        throw new RecordConflict(`${kind} ${id}: somebody else changed it, expected it as read`);
      }
    },

    async auditLog(fromMs, toMs) {
      if (toMs <= fromMs) return [];
      const items = await allItems(dynamo, {
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': { S: AUDIT_LOG },
          ':from': { S: formatInstant(fromMs) },
          // An entry's key goes on after its instant: none of `toMs` itself is up to this.
          ':to': { S: formatInstant(toMs) },
        },
      });
      return items.map(auditEntryOf);
    },
  };
}
