import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHARGES_TABLE, USAGE_TABLE, runFolder } from '../../domain/lake.ts';
import type { TableRow, TableSchema } from '../../domain/lake.ts';
import { parseWindow, partitionOf } from '../../domain/window.ts';
import type { RunFiles } from '../../handlers/ports.ts';
import { parquetTables } from '../../runtime/node/parquet-tables.ts';
import { HOUR, MODEL, WINDOW } from '../metering/deployment.ts';
import { plainRow } from '../runtime/node/table-rows.ts';

const window = parseWindow(WINDOW);

/** Writes one file of a run that nobody sealed. */
export async function writeRun(
  lake: string,
  run: string,
  { schema, rows }: { readonly schema: TableSchema; readonly rows: readonly TableRow[] },
): Promise<RunFiles> {
  const path = `${runFolder(schema.name, window, run)}/part-0.parquet`;
  mkdirSync(dirname(join(lake, path)), { recursive: true });
  writeFileSync(join(lake, path), await parquetTables.encode(schema, rows));
  return { table: schema.name, partition: partitionOf(window), run, keys: [path] };
}

const key = {
  ...{ tenant: 'tn_a', key: 'k1', model: MODEL, scope: 'regional', region: 'us-east-1' },
  ...{ tier: 'standard', mode: 'on_demand', latency_class: 'standard', context: 'base' },
};
const none = { input: 0, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0, output: 0 };

/** Rows and charges with every fault that the audit looks for; the input of `MODEL` is 3,000,000 pUSD. */
export function spoiltRows(book: string) {
  const row = (differs: Record<string, unknown>): TableRow =>
    plainRow(USAGE_TABLE, {
      ...{ ...key, ...none, other: null, unpriced_reason: null, price_book: book, kind: 'call' },
      ...{ admitted_at: HOUR, settled_at: HOUR, window_start: HOUR, input: 1, cost: 3_000_000n },
      ...differs,
    });
  const charge = (differs: Record<string, unknown>): TableRow =>
    plainRow(CHARGES_TABLE, {
      ...{ ...key, kind: 'call', charge_period_start: HOUR, charge_period_end: HOUR + 1 },
      ...{ meter: 'input', quantity: 1, unit_price: 3_000_000n, amount: 3_000_000n },
      ...{ unit: 'token', price_book: book },
      ...differs,
    });
  return {
    usage: [
      row({}),
      row({ cost: 3_000_001n }),
      row({ cost: null }),
      row({ cost: null, unpriced_reason: 'no price' }),
      row({ cost: 0n, unpriced_reason: 'no price', model: 'house.unknown' }),
      row({ other: '{"image":1}', cost: null, unpriced_reason: 'no price' }),
      row({ price_book: 'of another name' }),
      row({ ...{ kind: 'reversal', input: -1, cost: -3_000_000n }, price_book: book }),
      row({ kind: 'reversal', cost: null, unpriced_reason: 'no price', model: 'house.unknown' }),
      row({ tenant: 'tn_b', input: 0, cache_read: 5, cost: 1_500_000n }),
      row({ tenant: 'tn_c', cache_write_1h: 2, cost: 15_000_000n }),
    ],
    charges: [
      charge({ quantity: 5, amount: 15_000_000n }),
      charge({ kind: 'reversal', quantity: -1, amount: -3_000_000n }),
      charge({ tenant: 'tn_b', meter: 'cache_read', quantity: 5, amount: 1_500_001n }),
      charge({ tenant: 'tn_c', meter: 'cache_write_1h', quantity: 1, amount: 6_000_000n }),
      charge({ tenant: 'tn_d' }),
    ],
  };
}
