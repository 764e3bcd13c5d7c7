import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PricingClient } from '@aws-sdk/client-pricing';
import { createPricingApi } from '../../runtime/aws/pricing-api.ts';
import { PRICING_STEPS_ON_AWS } from '../../runtime/aws/pricing-steps.ts';
import { createJumpingClock } from '../../runtime/local/clocks.ts';
import { createFolderObjects } from '../../runtime/local/lake/folder-objects.ts';
import { createPricingSteps } from '../../runtime/local/pricing-steps.ts';
import { createSqliteStore } from '../../runtime/local/sqlite/sqlite-store.ts';
import { pricingDefinition } from '../../runtime/local/update-prices.ts';
import { createWorkflow } from '../../runtime/local/workflow/workflow.ts';
import { nodeCodec } from '../../runtime/node/codec.ts';
import { parquetTables } from '../../runtime/node/parquet-tables.ts';
import { PRICING_STEPS } from '../../workflows/steps.ts';
import { clientOf } from './stand-ins/clients.ts';
import { startPricingServer } from './stand-ins/pricing-server.ts';
import type { PricingServer } from './stand-ins/pricing-server.ts';

let server: PricingServer;
let root: string;
beforeEach(async () => {
  server = await startPricingServer();
  root = mkdtempSync(join(tmpdir(), 'tollbook-pricing-'));
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

/** The workflow over the Pricing API, in a lake of its own. */
async function run(name: string) {
  const store = createSqliteStore({ file: join(root, `${name}.sqlite`), durability: 'system' });
  const client = new PricingClient(clientOf(server.endpoint));
  const objects = createFolderObjects(join(root, name));
  const ports = { store, objects, codec: nodeCodec, tables: parquetTables };
  const workflow = createWorkflow({
    definition: pricingDefinition(),
    tasks: createPricingSteps({
      ...ports,
      priceList: createPricingApi({ client, regions: ['us-east-1'] }),
      notifier: { notify: () => Promise.resolve() },
    }),
    clock: { ...createJumpingClock(0), jumps: true },
    random: () => 0.5,
    name: 'pricing',
  });
  try {
    return await workflow.start({}, 'run');
  } finally {
    store.close();
  }
}

it('a book made from the Pricing API accounts for every row, and is the same each time', async () => {
  const [one, two] = [await run('one'), await run('two')];

  expect(one.output).toMatchObject({ outcome: 'published', read: 489, priced: 459, ambiguous: 0 });
  expect(two.output).toEqual(one.output);
});

it('has a function for every step', () => {
  expect(Object.keys(PRICING_STEPS_ON_AWS).sort()).toEqual([...PRICING_STEPS].sort());
});
