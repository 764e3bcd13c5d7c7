import { describe, expect, it } from '@jest/globals';
import { picoUsd } from '../../domain/money.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { buildPriceBook } from '../../pricing/price-book.ts';
import { createPriceIndex } from '../../pricing/price-index.ts';
import { rateUsageEvent } from '../../pricing/rating.ts';
import { call, recordedIndex } from './price-rows.ts';

/** A call that used these tokens and nothing else. */
function event(model: string, differs: Partial<UsageEvent>): UsageEvent {
  return {
    ...{ id: '018cc251-f400-7789-a724-e95f018169c7', attempt: 1, admitted_ms: 0, settled_ms: 1 },
    ...{ tenant: 'tn_a', cost_center: null, key: 'k1', project: null, api: 'openai.chat' },
    ...{ model_requested: model, ...call(model), outcome: 'ok', status: 200, stream: false },
    ...{ latency_ms: 1, first_byte_ms: null, input: 0, cache_read: 0, cache_write_5m: 0 },
    ...{ cache_write_1h: 0, output: 0, other: {}, usage_source: 'reported', reserved: null },
    ...{ upstream_id: null, ...differs },
  };
}

const rate = (model: string, differs: Partial<UsageEvent>) =>
  rateUsageEvent(event(model, differs), recordedIndex);

describe('prices worked by hand', () => {
  it('Claude Opus 5.5 in one Region: input, cache read, output', () => {
    // 12,000 × 4.40 + 40,000 × 0.22 + 500 × 22.00 USD per million
    // = 0.0528 + 0.0088 + 0.011 = 0.0726 USD = 72,600,000,000 pUSD.
    const used = { input: 12_000, cache_read: 40_000, output: 500 };

    expect(rate('anthropic.claude-opus-5-5', used)).toMatchObject({
      kind: 'priced',
      cost: 72_600_000_000n,
    });
  });

  it('Claude Sonnet 4.6 from anywhere: input, one-hour cache write, output', () => {
    // 1,000 × 3.00 + 2,000 × 6.00 + 100 × 15.00 USD per million
    // = 0.003 + 0.012 + 0.0015 = 0.0165 USD.
    const used = { scope: 'global', input: 1_000, cache_write_1h: 2_000, output: 100 } as const;

    expect(rate('anthropic.claude-sonnet-4-6', used)).toMatchObject({ cost: 16_500_000_000n });
  });

  it('Nova 2 Lite: the regional rate, and a cache write that costs nothing', () => {
    // 333 × 0.33 + 777 × 0 + 7 × 2.75 USD per million = 109.89 + 0 + 19.25 millionths
    // = 0.00012914 USD = 129,140,000 pUSD.
    const used = { input: 333, cache_write_5m: 777, output: 7 };

    expect(rate('amazon.nova-2-lite-v1:0', used)).toMatchObject({ cost: 129_140_000n });
  });

  it('Llama 3.3 70B in a batch: half of 0.72, from its own row', () => {
    // 1 × 0.36 USD per million = 360,000 pUSD.
    expect(rate('meta.llama3-3-70b-instruct-v1:0', { mode: 'batch', input: 1 })).toMatchObject({
      cost: 360_000n,
    });
  });

  it('GPT-6 Astra above its threshold: the whole call at the long-context rate', () => {
    // 300,000 × 22.00 + 10 × 82.50 USD per million = 6.6 + 0.000825 = 6.600825 USD.
    const used = { context: 'long', input: 300_000, output: 10 } as const;

    expect(rate('openai.gpt-6-astra', used)).toMatchObject({ cost: 6_600_825_000_000n });
  });

  it('the worked example of the price facts: 0.07425 USD', () => {
    // Claude Sonnet 4.6, us. profile: 12,000 input × 3.30, 40,000 read × 0.33, 2,000 written for an
    // hour × 6.60, 500 output × 16.50 USD per million = 0.0396 + 0.0132 + 0.0132 + 0.00825.
    const key = {
      ...call('anthropic.claude-sonnet-4-6'),
      scope: 'regional',
      unit: 'token',
    } as const;
    const set = { effective_from: '1970-01-01T00:00:00.000Z', effective_to: null };
    const by = { recorded_at: '2026-01-01T00:00:00.000Z', author: 'facts', reason: 'section 7' };
    const overrides = Object.entries({
      ...{
        input: 3_300_000n,
        cache_read: 330_000n,
        cache_write_1h: 6_600_000n,
        output: 16_500_000n,
      },
    }).map(([meter, price]) => ({ ...key, meter, price: picoUsd(price), ...set, ...by }));
    const prices = createPriceIndex(buildPriceBook({ offers: [], dated: 'recorded', overrides }));
    const used = {
      scope: 'geo',
      input: 12_000,
      cache_read: 40_000,
      cache_write_1h: 2_000,
      output: 500,
    } as const;

    expect(rateUsageEvent(event('anthropic.claude-sonnet-4-6', used), prices)).toMatchObject({
      cost: 74_250_000_000n,
    });
  });
});

describe('a call without a price', () => {
  it.each([
    ['a meter of it has no row', 'anthropic.claude-sonnet-4-6', 'no price for meter cache_read'],
    ['nobody sells the model', 'house.unknown', 'no price for meter input'],
    [
      'it is not sold by tokens',
      'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc',
      'not token-priced: provisioned throughput is billed by model-unit hours',
    ],
  ])('is unpriced, whole, because %s', (_, model, reason) => {
    expect(rate(model, { input: 1, cache_read: 1 })).toEqual({ kind: 'unpriced', reason });
  });
});
