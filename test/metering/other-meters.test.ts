import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HOUR_MS } from '../../domain/instant.ts';
import { putOrder } from '../../handlers/repricing/reprice-order.ts';
import { GUARDRAILS } from '../../pricing/model-names.ts';
import { trailOf } from '../../runtime/local/event-trail.ts';
import { nodeCodec } from '../../runtime/node/codec.ts';
import { when, writing } from './broken-writer.ts';
import { HOUR, MODEL, NEXT_WINDOW, NOW, WINDOW, createDeployment } from './deployment.ts';
import type { Deployment, RunOptions } from './deployment.ts';
import { priceBook, publish } from './price-books.ts';

const IMAGES = 'house.pictures-1';
const STANDARD = 'image_t2i_1024_standard';
const PREMIUM = 'image_t2i_1024_premium';
const BOOK = priceBook({
  [MODEL]: { input: '0.000003', output: '0.000015' },
  [IMAGES]: { [STANDARD]: '0.04', [PREMIUM]: '0.06' },
  [GUARDRAILS]: {
    ...{ guardrail_content_unit: '0.00015', guardrail_sensitive_information_unit: '0.0001' },
    guardrail_word_unit: '0',
  },
});

const NO_TOKENS = { input: 0, output: 0 };
const GUARDED = {
  ...{ guardrail_content_unit: 3, guardrail_sensitive_information_unit: 2 },
  guardrail_word_unit: 7,
};

let deployment: Deployment;
beforeEach(async () => {
  deployment = await createDeployment({ book: BOOK });
  // By hand, in pUSD: 3 × 40,000,000,000 = 120,000,000,000.
  const pictures = { tenant: 'tn_b', model: IMAGES, ...NO_TOKENS };
  await deployment.call({ ...pictures, other: { [STANDARD]: 3 } });
  // 2 × 60,000,000,000 + 1 × 40,000,000,000 = 160,000,000,000.
  await deployment.call({ ...pictures, other: { [PREMIUM]: 2, [STANDARD]: 1 } });
  // 100 × 3,000,000 + 20 × 15,000,000 = 600,000,000 of tokens, and of the guardrail
  // 3 × 150,000,000 + 2 × 100,000,000 + 7 × 0 = 650,000,000; whatever scope the model was called in.
  await deployment.call({ other: GUARDED });
  await deployment.call({ model: 'house.unknown', other: { [STANDARD]: 1 } });
  await deployment.call({ other: { guardrail_unheard_of_unit: 1 } });
  await deployment.call({ other: { ...GUARDED, guardrail_content_unit: 0 } });
});
afterEach(() => {
  deployment.remove();
});

/** 120,000,000,000 + 160,000,000,000 + 1,250,000,000 + 600,000,000 + 200,000,000. */
const TOTAL = 282_050_000_000n;

describe('meters that are not tokens', () => {
  it('are traced to their prices, a guardrail to its own', async () => {
    await deployment.meter();
    const [guarded] = await deployment.ask(
      'SELECT id FROM usage WHERE input > 0 AND cost IS NOT NULL ORDER BY id LIMIT 1',
    );

    const [trail] = await trailOf(deployment.folder, String(guarded?.['id']));

    expect(trail?.prices.map(({ meter, quantity, amount }) => [meter, quantity, amount])).toEqual(
      expect.arrayContaining([
        ['input', 100, '0.0003'],
        ['output', 20, '0.0003'],
        ['guardrail_content_unit', 3, '0.00045'],
        ['guardrail_sensitive_information_unit', 2, '0.0002'],
        ['guardrail_word_unit', 7, '0'],
      ]),
    );
    expect(trail?.prices).toHaveLength(5);
  });

  it('are charged meter by meter, whole calls or none', async () => {
    const { failure } = await deployment.meter();

    expect(failure).toBeNull();
    expect(
      await deployment.ask(`SELECT tenant, model, meter, unit, calls, quantity, amount FROM charges
        WHERE meter NOT IN ('input', 'output') ORDER BY tenant, meter`),
    ).toEqual([
      {
        ...{ tenant: 'tn_a', model: MODEL, meter: 'guardrail_content_unit', unit: 'text_unit' },
        ...{ calls: 1, quantity: 3, amount: '0.00045' },
      },
      {
        ...{ tenant: 'tn_a', model: MODEL, meter: 'guardrail_sensitive_information_unit' },
        ...{ unit: 'text_unit', calls: 2, quantity: 4, amount: '0.0004' },
      },
      {
        ...{ tenant: 'tn_a', model: MODEL, meter: 'guardrail_word_unit', unit: 'text_unit' },
        ...{ calls: 2, quantity: 14, amount: '0' },
      },
      {
        ...{ tenant: 'tn_b', model: IMAGES, meter: PREMIUM, unit: 'image' },
        ...{ calls: 1, quantity: 2, amount: '0.12' },
      },
      {
        ...{ tenant: 'tn_b', model: IMAGES, meter: STANDARD, unit: 'image' },
        ...{ calls: 2, quantity: 4, amount: '0.16' },
      },
    ]);
    expect(
      await deployment.ask('SELECT unpriced_reason FROM usage WHERE cost IS NULL ORDER BY 1'),
    ).toEqual([
      { unpriced_reason: 'no price for meter guardrail_unheard_of_unit' },
      { unpriced_reason: 'no price for meter input' },
    ]);
    const [first] = await deployment.statements();
    expect(first?.controls).toContainEqual({
      ...{ id: 'audit.cost: priced = derived in SQL, pUSD', ok: true },
      ...{ left: `${TOTAL}`, right: `${TOTAL}` },
    });
  });

  it('are no tokens in the ancestor’s report, and their money is in it', async () => {
    await deployment.meter();

    expect(await deployment.ask(`SELECT * FROM ancestor_report WHERE team_id = 'tn_b'`)).toEqual([
      {
        ...{ team_id: 'tn_b', model_id: IMAGES, input_tokens: 0, output_tokens: 0 },
        ...{ input_cost: '0.28', output_cost: '0' },
      },
    ]);
  });

  it('give the same when the archive is priced again', async () => {
    await deployment.meter();

    expect(await deployment.recompute()).toEqual(['same']);
  });
});

/** Runs, and says which controls differ; the window must stay unsealed. */
async function differences(ports: RunOptions['ports']): Promise<string[]> {
  const { error, cause = '' } = await deployment.run(ports ? { ports } : {});
  expect(error).toBe('WindowDoesNotTie');
  expect(await deployment.manifests()).toEqual([]);
  return cause.slice(`window ${WINDOW}: `.length).split('; ');
}

describe('the audit of meters that are not tokens', () => {
  const PICTURES = 120_000_000_000n;

  it.each([1n, -1n])('finds a row whose cost is off by %s pUSD', async (off) => {
    const change = when(
      ({ cost }) => cost === PICTURES,
      () => ({ cost: PICTURES + off }),
    );

    expect(await differences(writing('usage', change))).toEqual([
      `C4.cost: priced = read back, pUSD: ${TOTAL} against ${TOTAL + off}`,
      'audit.rows: rows whose cost differs in SQL: 0 against 1',
    ]);
  });

  it.each([STANDARD, 'guardrail_content_unit'])(
    'finds a charge of %s whose amount is off by one pUSD',
    async (of) => {
      const change = when(
        ({ meter }) => meter === of,
        ({ amount }) => ({ amount: (amount as bigint) + 1n }),
      );

      expect(await differences(writing('charges', change))).toEqual([
        'audit.charges: charges that differ from rows: 0 against 1',
        `audit.amount: sum of charges = sum of rows, pUSD: ${TOTAL} against ${TOTAL + 1n}`,
      ]);
    },
  );

  it('finds a picture that was dropped on the way to the file', async () => {
    const change = when(
      ({ other }) => other === JSON.stringify({ [STANDARD]: 3 }),
      () => ({ other: JSON.stringify({ [STANDARD]: 2 }) }),
    );

    expect(await differences(writing('usage', change))).toEqual([
      `audit.cost: priced = derived in SQL, pUSD: ${TOTAL} against ${TOTAL - 40_000_000_000n}`,
      'audit.rows: rows whose cost differs in SQL: 0 against 1',
      'audit.charges: charges that differ from rows: 0 against 1',
    ]);
  });

  it('finds a meter that was booked as another of the same price', async () => {
    const change = when(
      ({ meter }) => meter === 'guardrail_content_unit',
      () => ({ meter: 'guardrail_topic_unit' }),
    );

    expect(await differences(writing('charges', change))).toEqual([
      'audit.charges: charges that differ from rows: 0 against 2',
    ]);
  });

  it('finds a price that was put where a meter has none', async () => {
    const change = when(
      ({ other }) => other === '{"guardrail_unheard_of_unit":1}',
      () => ({ cost: 600_000_000n, unpriced_reason: null }),
    );

    const found = await differences(writing('usage', change));

    expect(found).toContain('audit.rows: rows whose cost differs in SQL: 0 against 1');
  });
});

it('a picture that is repriced is taken back and charged anew, below zero in SQL as well', async () => {
  await deployment.meter();
  const current = (await deployment.store.currentPriceBook()) ?? '';
  const cheaper = priceBook({ [IMAGES]: { [STANDARD]: '0.01', [PREMIUM]: '0.06' } });
  const book = await publish(deployment, cheaper);
  await deployment.store.publishPriceBook(current);
  await putOrder(
    { objects: deployment.objects, codec: nodeCodec },
    {
      ...{ schema: 'tollbook.reprice/1', from: WINDOW, to: NEXT_WINDOW, book },
      ...{ reason: 'list was wrong', by: 'ada@example.com' },
    },
  );
  await deployment.call({ admitted_ms: HOUR + HOUR_MS });

  const { failure } = await deployment.meter({ nowMs: NOW + HOUR_MS });

  expect(failure).toBeNull();
  expect(
    await deployment.ask(`SELECT kind, sum(calls) AS calls, sum(quantity) AS quantity,
      sum(amount) AS amount FROM charges WHERE meter = '${STANDARD}' GROUP BY 1 ORDER BY 1`),
  ).toEqual([
    { kind: 'call', calls: 2, quantity: 4, amount: '0.16' },
    { kind: 'rebook', calls: 2, quantity: 4, amount: '0.04' },
    { kind: 'reversal', calls: -2, quantity: -4, amount: '-0.16' },
  ]);
});
