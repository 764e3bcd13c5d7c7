import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { JobTooLong } from '../../../handlers/ports.ts';
import type { Job, Jobs } from '../../../handlers/ports.ts';
import {
  itemOf,
  jobKey,
  keyItem,
  optionalText,
  optionalWhole,
  textIn,
  wholeIn,
} from './dynamo-table.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { putOnce } from './dynamo-put-once.ts';
import { requestName } from './dynamo-transaction.ts';
import { politely } from '../politely.ts';

/** An item ends at 400 KB (409,600 bytes): its body leaves room for its keys and what else is in it. */
const BODY_BYTES_MAX = 400_000;

/** Kept answers in DynamoDB. What has expired is never found, and DynamoDB deletes it within days. */
export function createDynamoJobs(dynamo: DynamoTable): Jobs {
  const { client, table: TableName } = dynamo;

  return {
    async put(job) {
      const Item = jobItem(job);
      await politely(() => client.send(new PutItemCommand({ TableName, Item })));
    },

    async begin(job, nowMs) {
      const madeBy = requestName();
      const put = {
        TableName,
        Item: { ...jobItem(job), made_by: { S: madeBy } },
        ConditionExpression: 'attribute_not_exists(pk) OR expires_ms <= :now',
        ExpressionAttributeValues: { ':now': { N: String(nowMs) } },
      };
      return putOnce(dynamo, put, { attribute: 'made_by', name: madeBy });
    },

    async find({ tenant, id }, nowMs) {
      const Key = keyItem(jobKey(tenant, id));
      const { Item: item } = await politely(() =>
        client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true })),
      );
      const job = item && jobOf(item);
      return job && job.expiresMs > nowMs ? job : undefined;
    },
  };
}

/** @throws JobTooLong */
function jobItem({ tenant, id, result, expiresMs }: Job): Item {
  const bytes = Buffer.byteLength(result?.body ?? '');
  if (bytes > BODY_BYTES_MAX) {
    throw new JobTooLong(`answer ${id}: got ${bytes} bytes, expected at most ${BODY_BYTES_MAX}`);
  }
  return itemOf({
    ...jobKey(tenant, id),
    ...{ tenant, id, expires_ms: expiresMs, ttl: Math.ceil(expiresMs / 1000) },
    ...{ status: result?.status ?? null, body: result?.body ?? null },
  });
}

function jobOf(item: Item): Job {
  const [status, body] = [optionalWhole(item, 'status'), optionalText(item, 'body')];
  return {
    ...{ tenant: textIn(item, 'tenant'), id: textIn(item, 'id') },
    result: status === null || body === null ? null : { status: Number(status), body },
    expiresMs: wholeIn(item, 'expires_ms'),
  };
}
