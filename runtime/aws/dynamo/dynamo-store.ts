import type { Limits, Records, Store } from '../../../handlers/ports.ts';
import { createDynamoDirectory } from './dynamo-directory.ts';
import { createDynamoLimits } from './dynamo-limits.ts';
import { createDynamoLookups } from './dynamo-lookups.ts';
import { createDynamoRecords } from './dynamo-records.ts';
import { createDynamoReserve } from './dynamo-reserve.ts';
import { createDynamoSettle } from './dynamo-settle.ts';
import { createDynamoSuspense } from './dynamo-suspense.ts';
import { createDynamoSweep } from './dynamo-sweep.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { createDynamoWindows } from './dynamo-windows.ts';

/**
 * Tenants, keys, reservations, limits, documents and the audit log in one DynamoDB table. A function that needs
 * a part of it imports that part alone: what it may do follows from what it can call.
 */
export function createDynamoStore(table: DynamoTable): Store & Limits & Records {
  return {
    ...createDynamoDirectory(table),
    ...createDynamoLimits(table),
    ...createDynamoLookups(table),
    ...createDynamoRecords(table),
    ...createDynamoReserve(table),
    ...createDynamoSettle(table),
    ...createDynamoSuspense(table),
    ...createDynamoSweep(table),
    ...createDynamoWindows(table),
  };
}
