import type { Store } from '../../handlers/ports.ts';
import { createDynamoDirectory } from './dynamo-directory.ts';
import { createDynamoLookups } from './dynamo-lookups.ts';
import { createDynamoReserve } from './dynamo-reserve.ts';
import { createDynamoSettle } from './dynamo-settle.ts';
import { createDynamoSweep } from './dynamo-sweep.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { createDynamoWindows } from './dynamo-windows.ts';

/**
 * Tenants, keys, reservations and the current price book in one DynamoDB table. A function that needs
 * a part of it imports that part alone: what it may do follows from what it can call.
 */
export function createDynamoStore(table: DynamoTable): Store {
  return {
    ...createDynamoDirectory(table),
    ...createDynamoLookups(table),
    ...createDynamoReserve(table),
    ...createDynamoSettle(table),
    ...createDynamoSweep(table),
    ...createDynamoWindows(table),
  };
}
