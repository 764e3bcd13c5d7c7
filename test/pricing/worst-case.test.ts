import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { picoUsd } from '../../domain/money.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import type { PricedAs, UsageEvent } from '../../domain/usage-event.ts';
import { contextOf } from '../../pricing/long-context.ts';
import { GUARDRAILS } from '../../pricing/model-names.ts';
import type { PriceEntry } from '../../pricing/price-entry.ts';
import { createPriceIndex } from '../../pricing/price-index.ts';
import { rateUsageEvent } from '../../pricing/rating.ts';
import { worstCase } from '../../pricing/worst-case.ts';
import { usageEvent } from '../domain/usage-events.ts';
import { call, recordedBook } from './price-rows.ts';

/** With a long-context threshold of 200,000 tokens. */
const LONG = 'anthropic.claude-sonnet-4-20250514-v1:0';
const THRESHOLD = 200_000;
const OTHERS = ['image', 'search_unit'];
const POLICIES = ['guardrail_content_unit', 'guardrail_topic_unit', 'guardrail_word_unit'];
const AT_MS = 1_000;

const plain = call(LONG);
const priority = call(LONG, { tier: 'priority' });

/** Prices of some meters, each in one way of being served. */
function entriesOf(prices: Readonly<Record<string, number | null>>, way: PricedAs): PriceEntry[] {
  const [like] = recordedBook.entries;
  return Object.entries(prices).flatMap(([meter, price]) =>
    price === null
      ? []
      : [
          {
            ...{ ...(like as PriceEntry), ...way, scope: 'regional', meter },
            ...{ price: picoUsd(BigInt(price)), effective_from: null, effective_to: null },
          } as const,
        ],
  );
}

const price = fc.option(fc.integer({ min: 0, max: 1_000_000_000 }), { freq: 12 });
const pricesOf = (meters: readonly string[]) =>
  fc.record(Object.fromEntries(meters.map((meter) => [meter, price])));
const tokenPrices = pricesOf([...TOKEN_METERS, ...OTHERS]);

const allPrices = fc.record({
  ...{ base: tokenPrices, long: tokenPrices, dear: tokenPrices, dearLong: tokenPrices },
  guardrail: pricesOf(POLICIES),
});
type Prices = typeof allPrices extends fc.Arbitrary<infer T> ? T : never;

function indexOf({ base, long, dear, dearLong, guardrail }: Prices) {
  const entries = [
    ...[...entriesOf(base, plain), ...entriesOf(long, { ...plain, context: 'long' })],
    ...[...entriesOf(dear, priority), ...entriesOf(dearLong, { ...priority, context: 'long' })],
    ...entriesOf(guardrail, { ...plain, model: GUARDRAILS }),
  ];
  return createPriceIndex({ ...recordedBook, entries, overrides: [] });
}

const upTo = (most: number) => fc.integer({ min: 0, max: most });
const unitsUpTo = (meters: readonly string[]) =>
  fc.record(Object.fromEntries(meters.map((meter) => [meter, upTo(50)])));

/** What a call may use, and what it did: within what it may. */
const used = fc
  .record({
    input: fc.oneof(upTo(5_000), upTo(2 * THRESHOLD)),
    ...{ output: upTo(10_000), other: unitsUpTo(OTHERS), guardrail: unitsUpTo(POLICIES) },
  })
  .chain((bound) => {
    const share = upTo(1_000);
    return fc.tuple(fc.constant(bound), fc.array(share, { minLength: 10, maxLength: 10 }));
  })
  .map(([bound, shares]) => {
    const part = (of: number, at: number) => Math.floor((of * (shares[at] ?? 0)) / 1_000);
    let left = part(bound.input, 0);
    const take = (at: number) => {
      const taken = part(left, at);
      left -= taken;
      return taken;
    };
    const cached = { cache_read: take(1), cache_write_5m: take(2), cache_write_1h: take(3) };
    const within = (units: Readonly<Record<string, number>>, at: number) =>
      Object.fromEntries(Object.entries(units).map(([name, most]) => [name, part(most, at)]));
    const other = { ...within(bound.other, 5), ...within(bound.guardrail, 6) };
    return { bound, tokens: { input: left, ...cached, output: part(bound.output, 4) }, other };
  });

describe('the worst case of a call', () => {
  it('is no less than what it costs, whatever it uses within its bounds and however it is served', () => {
    let priced = 0;
    fc.assert(
      fc.property(allPrices, used, fc.constantFrom('plain', 'asked', 'served'), (all, use, how) => {
        const prices = indexOf(all);
        const ways = how === 'plain' ? [plain] : [plain, priority];
        const reserved = worstCase(prices, ways, { bound: use.bound, atMs: AT_MS });
        if (reserved === null) return;
        const { input, cache_read, cache_write_5m, cache_write_1h } = use.tokens;
        const total = input + cache_read + cache_write_5m + cache_write_1h;
        const way = how === 'served' ? priority : plain;
        const actual = {
          ...{ ...usageEvent(), ...way, ...use.tokens, other: use.other, admitted_ms: AT_MS },
          context: contextOf(LONG, total, AT_MS),
        } as UsageEvent;
        const rating = rateUsageEvent(actual, prices);
        // Without a price the whole of what was held stays charged.
        if (rating.kind === 'unpriced') return;
        priced += 1;
        expect(rating.cost).toBeLessThanOrEqual(reserved);
      }),
      { numRuns: 5_000 },
    );
    expect(priced).toBeGreaterThan(500);
  });

  it('is reached: nothing is held that no use could cost', () => {
    const prices = createPriceIndex({
      ...recordedBook,
      overrides: [],
      entries: [
        ...entriesOf({ input: 3, cache_read: 1, cache_write_1h: 7, output: 11, image: 5 }, plain),
        ...entriesOf({ guardrail_word_unit: 2 }, { ...plain, model: GUARDRAILS }),
      ],
    });
    const bound = {
      ...{ input: 10, output: 20, other: { image: 3 } },
      guardrail: { guardrail_word_unit: 4, guardrail_topic_unit: 9 },
    };

    expect(worstCase(prices, [plain], { bound, atMs: AT_MS })).toBe(70n + 220n + 15n + 8n);
  });

  it('is that of its searches or pictures where nothing else of a model is sold', () => {
    const entries = entriesOf({ search_unit: 7 }, plain);
    const prices = createPriceIndex({ ...recordedBook, overrides: [], entries });
    const bound = { input: 900, output: 0, other: { search_unit: 3 }, guardrail: {} };

    expect(worstCase(prices, [plain], { bound, atMs: AT_MS })).toBe(21n);
    expect(worstCase(prices, [plain], { bound: { ...bound, other: {} }, atMs: AT_MS })).toBeNull();
    expect(worstCase(prices, [plain], { bound: { ...bound, output: 1 }, atMs: AT_MS })).toBeNull();
  });

  it.each([
    ['input', { output: 1 }],
    ['output', { input: 1 }],
    ['other', { input: 1, output: 1 }],
    ['guardrail', { input: 1, output: 1, image: 1 }],
  ])('is not known where %s has no price', (_, priced) => {
    const entries = entriesOf(priced, plain);
    const prices = createPriceIndex({ ...recordedBook, overrides: [], entries });
    const bound = {
      ...{ input: 1, output: 1, other: { image: 1 }, guardrail: { guardrail_word_unit: 1 } },
    };

    expect(worstCase(prices, [plain], { bound, atMs: AT_MS })).toBeNull();
  });
});
