import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Notifier, PriceList } from '../../handlers/ports.ts';
import { nodeCodec } from '../node/codec.ts';
import { parquetTables } from '../node/parquet-tables.ts';
import { createJumpingClock } from './clocks.ts';
import type { DataFolder } from './data-folder.ts';
import { createFolderObjects } from './lake/folder-objects.ts';
import { CHECKOUT } from './metering-ports.ts';
import { createPricingSteps } from './pricing-steps.ts';
import { createSqliteStore } from './sqlite/sqlite-store.ts';
import { createWorkflow } from './workflow/workflow.ts';
import type { Execution } from './workflow/workflow.ts';

/** A person has looked at a held book and takes it. */
export interface Acceptance {
  /** Hash of the book. */
  readonly book: string;
  readonly reason: string;
  readonly by: string;
}

export interface UpdateOptions {
  readonly folder: DataFolder;
  readonly priceList: PriceList;
  readonly notifier: Notifier;
  readonly nowMs: number;
  readonly accept?: Acceptance | null;
}

/** The definition as it is deployed. */
export function pricingDefinition(): unknown {
  return JSON.parse(readFileSync(join(CHECKOUT, 'workflows', 'pricing.asl.json'), 'utf8'));
}

/** Runs the pricing workflow once: a new book is published, held, or the same as before. */
export async function updatePrices(options: UpdateOptions): Promise<Execution> {
  const { folder, priceList, notifier, nowMs, accept = null } = options;
  const store = createSqliteStore({ file: folder.store });
  try {
    const objects = createFolderObjects(folder.lake);
    const ports = { priceList, notifier, objects, store, codec: nodeCodec, tables: parquetTables };
    const workflow = createWorkflow({
      definition: pricingDefinition(),
      tasks: createPricingSteps(ports),
      clock: { ...createJumpingClock(nowMs), jumps: true },
      random: () => Math.random(),
      name: 'pricing',
    });
    return await workflow.start({ accept }, 'pricing');
  } finally {
    store.close();
  }
}
