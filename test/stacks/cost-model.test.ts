import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  AWS_PRICES,
  USUAL_CALL,
  costOf,
  costPerMillionCalls,
  costPerMonth,
  costPerThousand,
  costTable,
  priceTable,
} from '../../stacks/cost-model.ts';

const doc = readFileSync(join(__dirname, '..', '..', 'docs', 'deploy.md'), 'utf8');

it.each([
  ['cost per million calls', costTable(costPerMillionCalls(USUAL_CALL))],
  ['cost per month', costTable(costPerMonth({ network: true, firewall: true }))],
  ['cost per thousand of what people do', costTable(costPerThousand(), 4)],
  ['price', priceTable()],
])('docs/deploy.md has every %s that the model has', (_, table) => {
  expect(doc).toContain(table);
});

it('a price says where it is from', () => {
  for (const { source, usd } of Object.values(AWS_PRICES)) {
    expect(source).toMatch(/^aws\.amazon\.com\/[a-z0-9-]+\/pricing, 20\d\d-\d\d$/);
    expect(usd).toBeGreaterThan(0);
  }
});

it('a call that takes longer costs as much more as its function waits', () => {
  const cost = (seconds: number) =>
    costPerMillionCalls({ ...USUAL_CALL, seconds }).reduce((sum, line) => sum + costOf(line), 0);

  // 10 s × 512 MB × 1 M calls, at 13.3334 USD a million GB-seconds.
  expect(cost(13) - cost(3)).toBeCloseTo(10 * 0.5 * 13.3334, 6);
});

it('a unit without options pays for none', () => {
  const [bare, whole] = [false, true].map((on) =>
    costPerMonth({ network: on, firewall: on }).reduce((sum, line) => sum + costOf(line), 0),
  );

  expect(whole! - bare!).toBeCloseTo(730 * 10 * 2 * 0.01 + 9, 6);
});
