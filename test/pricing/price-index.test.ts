import { describe, expect, it } from '@jest/globals';
import { parseInstant } from '../../domain/instant.ts';
import { PriceIndexError, createPriceIndex } from '../../pricing/price-index.ts';
import { contextOf } from '../../pricing/long-context.ts';
import { whyUnpriced } from '../../pricing/why-unpriced.ts';
import { bookOf, call, priceRowOf, recordedBook, recordedIndex } from './price-rows.ts';

const LITE = 'amazon.nova-lite-v1:0';
const JUNE = '2026-06-01T00:00:00.000Z';
const book = bookOf([priceRowOf('USE1-NovaLite-input-tokens')]);
const [entry] = book.entries;

/** Nova Lite at 1 pUSD until June and at 2 pUSD from then on. */
function datedEntries(overlapMs = 0) {
  const until = new Date(parseInstant(JUNE) + overlapMs).toISOString();
  return [
    { ...entry!, price: 1n as never, effective_to: until },
    { ...entry!, price: 2n as never, effective_from: JUNE },
  ];
}

describe('a price index', () => {
  it('applies the price in force at admission: from is inclusive, to is exclusive', () => {
    const index = createPriceIndex({ ...book, entries: datedEntries() });
    const priceAt = (ms: number) =>
      index.priceInForce({ ...call(LITE), meter: 'input' }, ms)?.price;

    expect(priceAt(0)).toBe(1n);
    expect(priceAt(parseInstant(JUNE) - 1)).toBe(1n);
    expect(priceAt(parseInstant(JUNE))).toBe(2n);
  });

  it('refuses two prices for one key at one instant', () => {
    expect(() => createPriceIndex({ ...book, entries: datedEntries(1) })).toThrow(PriceIndexError);
  });

  it('finds every entry of the book under its own key and under no other', () => {
    for (const one of recordedBook.entries) {
      expect(recordedIndex.priceInForce(one, 0)).toBe(one);
      expect(recordedIndex.priceInForce({ ...one, region: 'eu-north-1' }, 0)).toBeUndefined();
    }
  });

  it('gives all meters of a call at once, as one object per key', () => {
    const prices = recordedIndex.pricesFor(call('anthropic.claude-opus-5-5'));

    expect(Object.keys(prices).sort()).toEqual(['cache_read', 'cache_write_5m', 'input', 'output']);
    expect(recordedIndex.pricesFor(call('anthropic.claude-opus-5-5'))).toBe(prices);
    expect(recordedIndex.pricesFor(call('nobody.knows'))).toEqual({});
  });
});

describe('an unpriced key', () => {
  it.each([
    [call('nobody.knows'), 'input', 'no offer has a row for nobody.knows'],
    [call(LITE, { region: 'eu-north-1' }), 'input', 'row for region eu-north-1'],
    [call(LITE, { tier: 'flex' }), 'input', 'row for tier flex'],
    [call(LITE), 'cache_write_1h', 'row for meter cache_write_1h'],
  ])('says why: %j %s', (key, meter, reason) => {
    expect(whyUnpriced(recordedBook, { ...key, meter })).toContain(reason);
  });

  it('names ambiguous rows', () => {
    const rows = [1, 2].map(() => priceRowOf('USE1-NovaLite-input-tokens'));

    expect(whyUnpriced(bookOf(rows), { ...call(LITE), meter: 'input' })).toContain(
      'several rows of one naming',
    );
  });
});

describe('the context of a call', () => {
  it.each([
    ['anthropic.claude-sonnet-4-20250514-v1:0', 200_000, 'base'],
    ['anthropic.claude-sonnet-4-20250514-v1:0', 200_001, 'long'],
    ['openai.gpt-6-astra', 272_000, 'base'],
    ['openai.gpt-6-astra', 272_001, 'long'],
    ['anthropic.claude-opus-5-5', 900_000, 'base'],
  ] as const)('of %s with %i input tokens is %s', (model, tokens, context) => {
    expect(contextOf(model, tokens, parseInstant(JUNE))).toBe(context);
  });
});
