import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePriceBook } from '../../pricing/price-book-json.ts';
import { HOUR, MODEL, NOW, createDeployment } from '../metering/deployment.ts';
import type { Deployment } from '../metering/deployment.ts';
import { priceBook } from '../metering/price-books.ts';
import { tollbookHere } from './in-process.ts';
import { jsonOf } from './tollbook.ts';

let deployment: Deployment;
let id: string;
let args: string[];
beforeAll(async () => {
  deployment = await createDeployment();
  ({ id } = await deployment.call());
  await deployment.call({ tenant: 'tn_b', output: 0 });
  await deployment.call({ model: 'house.model-2' });
  await deployment.meter({ nowMs: NOW });
  const book = join(deployment.root, 'new.json');
  const other = priceBook({
    [MODEL]: { input: '0.000002', output: '0.000015' },
    'house.model-2': { input: '0', output: '0.000001' },
  });
  writeFileSync(book, encodePriceBook(other));
  args = ['--data', deployment.root, '--from', '2026-01-31T20:00:00Z'];
  args.push('--to', '2026-01-31T21:00:00Z', '--book', book);
});
afterAll(() => {
  deployment.remove();
});

// By hand: 100 × 0.000003 + 20 × 0.000015 = 0.0006 before and 100 × 0.000002 + 0.0003 = 0.0005 after;
// without output 0.0003 and 0.0002; the other model costs 20 × 0.000001 = 0.00002 once it has a price.
const ROWS = [
  ['tn_a', MODEL, 1, '0.0006', '0.0005', '-0.0001', 0, 0],
  ['tn_a', 'house.model-2', 1, '0', '0.00002', '0.00002', 1, 0],
  ['tn_b', MODEL, 1, '0.0003', '0.0002', '-0.0001', 0, 0],
].map(([tenant, model, calls, before, after, difference, was, is]) => ({
  ...{ tenant, model, calls, repriced: calls, before, after, difference },
  ...{ unpriced_before: was, unpriced_after: is },
}));

describe('tollbook reprice', () => {
  it('says per tenant and model what another book would change, and changes nothing', async () => {
    const before = deployment.sealedFiles();

    const said = await tollbookHere('reprice', ...args, '--json');
    const { stdout } = await tollbookHere('reprice', ...args);

    expect(said.code).toBe(0);
    expect(jsonOf(said)).toMatchObject({
      rows: ROWS,
      totals: { calls: 3, repriced: 3, before: '0.0009', after: '0.00072', difference: '-0.00018' },
      order: null,
    });
    expect(stdout).toContain('nothing was changed');
    expect(deployment.sealedFiles()).toEqual(before);
  });

  it.each<[string, readonly string[], string]>([
    ['an order without a name', ['--apply', '--reason', 'r'], '--by is missing'],
    ['half an hour', ['--to', '2026-01-31T20:30:00Z'], 'expected a whole UTC hour'],
    ['nothing between the hours', ['--to', '2026-01-31T20:00:00Z'], 'got nothing after --from'],
  ])('exits 3 for %s', async (_, more, said) => {
    const { code, stderr } = await tollbookHere('reprice', ...args, ...more);

    expect([code, stderr]).toEqual([3, expect.stringContaining(said)]);
  });

  it('exits 1 for a book that is neither a file nor a hash', async () => {
    const { code, stderr } = await tollbookHere('reprice', ...args, '--book', 'no-such-book');

    expect([code, stderr]).toEqual([1, expect.stringContaining('neither a file nor the hash')]);
  });

  it('exits 1 for an order over hours that are not sealed', async () => {
    const more = ['--to', '2026-01-31T22:00:00Z', '--apply', '--reason', 'r', '--by', 'b'];
    const { code, stderr } = await tollbookHere('reprice', ...args, ...more);

    expect([code, stderr]).toEqual([1, expect.stringContaining('RepriceRefused')]);
  });

  it('gives the order, which the next metering carries out and every report then shows', async () => {
    const act = ['--apply', '--reason', 'the list was wrong', '--by', 'ada@example.com'];
    const applied = await tollbookHere('reprice', ...args, ...act);
    await deployment.meter({ nowMs: NOW + 3_600_000 });

    expect([applied.code, applied.stdout]).toEqual([
      0,
      expect.stringContaining('waits for the next'),
    ]);
    const report = jsonOf(
      await tollbookHere('report', '--data', deployment.root, '--by', 'tenant,model', '--json'),
    );
    expect(report).toMatchObject({
      rows: [
        { tenant: 'tn_a', model: MODEL, calls: 1, input: 100, cost: '0.0005', unpriced: 0 },
        { tenant: 'tn_a', model: 'house.model-2', calls: 1, cost: '0.00002', unpriced: 0 },
        { tenant: 'tn_b', model: MODEL, calls: 1, cost: '0.0002', unpriced: 0 },
      ],
    });
    expect((await deployment.verify()).verdict).toBe('ok');
    const [, order] = await deployment.statements();
    expect(order?.inputs.late).toEqual([expect.objectContaining({ rows: 1 })]);
  });

  it('is explained by the call itself, down to each book', async () => {
    const explained = await tollbookHere(
      'prices',
      'explain',
      id,
      '--data',
      deployment.root,
      '--json',
    );
    const traced = await tollbookHere('trace', id, '--data', deployment.root);

    expect(jsonOf(explained)).toMatchObject({
      attempts: [
        {
          kind: 'call',
          cost: '0.0006',
          meters: [{ meter: 'input', usd: '0.000003', offer: 'override' }, {}],
        },
        { kind: 'reversal', cost: '-0.0006' },
        { kind: 'rebook', cost: '0.0005', meters: [{ meter: 'input', usd: '0.000002' }, {}] },
      ],
    });
    expect(traced.stdout).toContain('reversal     -0.0006, posted 2026-01-31 21:00');
    expect(HOUR).toBe(Date.parse('2026-01-31T20:00:00Z'));
  });

  it('leaves nothing for the views to count twice or to wait for', async () => {
    expect(
      await deployment.ask('SELECT sum(calls) AS calls, sum(cost) AS cost FROM cost_by_day'),
    ).toEqual([{ calls: 3, cost: '0.00072' }]);
    expect(await deployment.ask('SELECT * FROM unpriced_usage')).toEqual([]);
  });
});
