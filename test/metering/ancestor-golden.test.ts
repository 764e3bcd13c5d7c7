import { afterEach, describe, expect, it } from '@jest/globals';
import { parseUsd, roundUsd } from '../../domain/money.ts';
import type { PriceBook } from '../../pricing/price-entry.ts';
import { HOUR, createDeployment } from './deployment.ts';
import type { Deployment, Rows } from './deployment.ts';
import { priceBook } from './price-books.ts';

/**
 * The "Reporting Costs Example" that our ancestor's README has printed since 2023-11-07
 * (aws-samples, commit 622e34a), from usage lines and the unit prices that it implies.
 */
const TITAN = 'amazon.titan-tg1-large';
const CLAUDE = 'anthropic.claude-v2';
const JURASSIC = 'ai21.j2-grande-instruct';

/** USD per 1,000 tokens: titan .0003/.0004, claude .01102/.03268, jurassic .0125/.0125. */
const IMPLIED = priceBook({
  [TITAN]: { input: '0.0000003', output: '0.0000004' },
  [CLAUDE]: { input: '0.00001102', output: '0.00003268' },
  [JURASSIC]: { input: '0.0000125', output: '0.0000125' },
});

/** Tenant, model, tokens in and out, calls. */
const EXAMPLE = [
  ['tenant1', TITAN, 24_000, 2_473, 1_000],
  ['tenant1', CLAUDE, 2_448, 4_800, 24],
  ['tenant2', TITAN, 35_000, 52_500, 350],
  ['tenant2', JURASSIC, 4_590, 9_000, 45],
  ['tenant2', CLAUDE, 1_080, 4_400, 20],
] as const;

let deployment: Deployment;
afterEach(() => {
  deployment.remove();
});

/** Meters the example's 1,439 calls; a row's tokens are dealt out to its calls like cards. */
async function meterExample(book: PriceBook): Promise<void> {
  deployment = await createDeployment({ book });
  for (const [tenant, model, input, output, calls] of EXAMPLE) {
    const dealt = (tokens: number, n: number) =>
      Math.floor(tokens / calls) + (n < tokens % calls ? 1 : 0);
    await deployment.calls(calls, (n) => {
      const tokens = { input: dealt(input, n), output: dealt(output, n) };
      return { tenant, model, model_requested: model, admitted_ms: HOUR + n * 2_000, ...tokens };
    });
  }
  const { failure } = await deployment.meter();
  expect(failure).toBeNull();
}

/** The ancestor's table, by charges: exact texts of USD in and out per tenant and model. */
const exactTable = () =>
  deployment.ask(`SELECT tenant, model,
      sum(CASE WHEN meter = 'input' THEN quantity ELSE 0 END) AS input,
      sum(CASE WHEN meter = 'output' THEN quantity ELSE 0 END) AS output,
      sum(CASE WHEN meter = 'input' THEN amount ELSE 0 END) AS input_cost,
      sum(CASE WHEN meter = 'output' THEN amount ELSE 0 END) AS output_cost
    FROM charges GROUP BY tenant, model ORDER BY tenant, model`);

/** As the ancestor prints money: five places, trailing zeros cut off. */
const printed = (usd: unknown) => roundUsd(parseUsd(String(usd)), 5).shown.replace(/\.?0+$/, '');

/** pUSD in and out, summed over a table. */
const totals = (rows: Rows) =>
  ['input_cost', 'output_cost'].map((column) =>
    rows.reduce((sum, row) => sum + parseUsd(String(row[column])), 0n),
  );

describe('the ancestor’s published example', () => {
  it('comes out exactly, and as printed once it is rounded', async () => {
    await meterExample(IMPLIED);

    const table = await exactTable();

    // By hand, e.g. 24,000 × 300,000 pUSD = 7,200,000,000 pUSD = 0.0072 USD.
    const exact = table.map((row) => [
      ...[row['tenant'], row['model'], row['input'], row['output']],
      ...[parseUsd(String(row['input_cost'])), parseUsd(String(row['output_cost']))],
    ]);
    expect(exact).toEqual([
      ['tenant1', TITAN, 24_000, 2_473, 7_200_000_000n, 989_200_000n],
      ['tenant1', CLAUDE, 2_448, 4_800, 26_976_960_000n, 156_864_000_000n],
      ['tenant2', JURASSIC, 4_590, 9_000, 57_375_000_000n, 112_500_000_000n],
      ['tenant2', TITAN, 35_000, 52_500, 10_500_000_000n, 21_000_000_000n],
      ['tenant2', CLAUDE, 1_080, 4_400, 11_901_600_000n, 143_792_000_000n],
    ]);
    const shown = table.map((row) => [printed(row['input_cost']), printed(row['output_cost'])]);
    expect(shown).toEqual([
      ['0.0072', '0.00099'],
      ['0.02698', '0.15686'],
      ['0.05738', '0.1125'],
      ['0.0105', '0.021'],
      ['0.0119', '0.14379'],
    ]);
    const calls = await deployment.ask(
      'SELECT tenant, model, count(*) AS calls FROM usage GROUP BY 1, 2 ORDER BY 1, 2',
    );
    expect(calls.map((row) => row['calls'])).toEqual([1_000, 24, 45, 350, 20]);
  });

  it('adds up before it is rounded: the sum of printed figures is another', async () => {
    await meterExample(IMPLIED);

    const table = await exactTable();

    expect(totals(table)).toEqual([113_953_560_000n, 435_145_200_000n]);
    const sumOfPrinted = (column: string) =>
      table.reduce((sum, row) => sum + parseUsd(printed(row[column])), 0n);
    // .11396 against .11395356, and .43514 against .4351452.
    expect([sumOfPrinted('input_cost'), sumOfPrinted('output_cost')]).toEqual([
      ...[113_960_000_000n, 435_140_000_000n],
    ]);
    const [first] = await deployment.statements();
    expect(first?.totals).toMatchObject({
      ...{ rows: 1_439, input: '67118', output: '73173', cost_pusd: '549098760000' },
    });
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('leaves the three rows of models without a price unpriced, never zero', async () => {
    const { [TITAN]: _titan, [JURASSIC]: _jurassic, ...rest } = pricesOf(IMPLIED);
    await meterExample(priceBook(rest));

    const rows = await deployment.ask(`SELECT tenant, model, count(*) AS calls, sum(input) AS input,
      sum(output) AS output, sum(cost) AS cost, count(cost) AS priced,
      max(unpriced_reason) AS reason FROM usage GROUP BY 1, 2 ORDER BY 1, 2`);

    const unpriced = { cost: null, priced: 0, reason: 'no price for meter input' };
    expect(rows.filter(({ cost }) => cost === null)).toEqual([
      { tenant: 'tenant1', model: TITAN, calls: 1_000, input: 24_000, output: 2_473, ...unpriced },
      { tenant: 'tenant2', model: JURASSIC, calls: 45, input: 4_590, output: 9_000, ...unpriced },
      { tenant: 'tenant2', model: TITAN, calls: 350, input: 35_000, output: 52_500, ...unpriced },
    ]);
    expect(totals(await exactTable())).toEqual([38_878_560_000n, 300_656_000_000n]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('rates claude-v2 again at the ancestor’s last price of .008 and .024', async () => {
    const models = { ...pricesOf(IMPLIED), [CLAUDE]: { input: '0.000008', output: '0.000024' } };
    await meterExample(priceBook(models));

    const claude = (await exactTable()).filter(({ model }) => model === CLAUDE);

    // 2,448 × 8,000,000 and 4,800 × 24,000,000; 1,080 × 8,000,000 and 4,400 × 24,000,000.
    expect(claude.map((row) => [row['input_cost'], row['output_cost']])).toEqual([
      ['0.019584', '0.1152'],
      ['0.00864', '0.1056'],
    ]);
  });
});

/** The prices of a book, per model and meter, as `priceBook` takes them. */
function pricesOf({ entries }: PriceBook): Record<string, Record<string, string>> {
  const models: Record<string, Record<string, string>> = {};
  for (const { model, meter, price } of entries) {
    (models[model] ??= {})[meter] = roundUsd(price, 12).shown;
  }
  return models;
}
