import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { formatInstant } from '../../../domain/instant.ts';
import type { AuditEntry } from '../../../handlers/ports.ts';
import { AUDIT_LOG, itemOf, textIn, wholeIn } from './dynamo-table.ts';
import type { Item } from './dynamo-table.ts';
import { requestName } from './dynamo-transaction.ts';

/** An entry of the audit log, to be written in the transaction of what it tells. */
export function auditPut(table: string, entry: AuditEntry): TransactWriteItem {
  const { atMs, actor, action, subject, json } = entry;
  return {
    Put: {
      TableName: table,
      Item: itemOf({
        ...{ pk: AUDIT_LOG, sk: `${formatInstant(atMs)}/${requestName()}` },
        ...{ at_ms: atMs, actor, action, subject, json },
      }),
      // It only grows: no entry takes the place of another.
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  };
}

/** See `auditPut`. */
export function auditEntryOf(item: Item): AuditEntry {
  return {
    atMs: wholeIn(item, 'at_ms'),
    actor: textIn(item, 'actor'),
    action: textIn(item, 'action'),
    subject: textIn(item, 'subject'),
    json: textIn(item, 'json'),
  };
}
