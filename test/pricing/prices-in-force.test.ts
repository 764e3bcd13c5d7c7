import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { picoUsd } from '../../domain/money.ts';
import { buildPriceBook } from '../../pricing/price-book.ts';
import { PriceBookError, decodePriceBook, encodePriceBook } from '../../pricing/price-book-json.ts';
import type { PriceBook, PriceOverride } from '../../pricing/price-entry.ts';
import { createPriceIndex } from '../../pricing/price-index.ts';
import { OverrideError, pricesInForce } from '../../pricing/prices-in-force.ts';
import { call, offerOf, priceRowOf } from './price-rows.ts';

const month = (n: number) => `2026-${String(n).padStart(2, '0')}-01T00:00:00.000Z`;
const NOVA = 'amazon.nova-lite-v1:0';

function override(differs: Partial<PriceOverride> = {}): PriceOverride {
  const { scope: _, ...key } = call(NOVA);
  return {
    ...{ ...key, scope: 'regional', meter: 'input', unit: 'token', price: picoUsd(7n) },
    ...{ effective_from: month(3), effective_to: null, recorded_at: month(6) },
    ...{ author: 'ops@example.com', reason: 'private offer 42' },
    ...differs,
  };
}

/** Nova Lite input published at 60,000 pUSD a token from January. */
function bookWith(...overrides: PriceOverride[]): PriceBook {
  const row = priceRowOf('USE1-NovaLite-input-tokens', { effective_date: month(1) });
  return buildPriceBook({ offers: [offerOf([row])], dated: 'published', overrides });
}

const priceAt = (book: PriceBook, n: number, meter = 'input') =>
  createPriceIndex(book).priceInForce({ ...call(NOVA), meter }, Date.parse(month(n)))?.price;
const prices = (book: PriceBook) => [1, 2, 3, 4, 5, 6].map((n) => priceAt(book, n));

const P = 60_000n;

describe('an override', () => {
  it('goes before the published price while it holds, and only then', () => {
    expect(prices(bookWith())).toEqual([P, P, P, P, P, P]);
    expect(prices(bookWith(override()))).toEqual([P, P, 7n, 7n, 7n, 7n]);
    expect(prices(bookWith(override({ effective_to: month(5) })))).toEqual([P, P, 7n, 7n, P, P]);
  });

  it('gives a price to what no offer sells, such as a SageMaker endpoint', () => {
    const model = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine';
    const book = bookWith(
      override({ model, meter: 'request', unit: 'request', price: picoUsd(0n) }),
    );
    const key = { ...call(model), meter: 'request' };
    const found = createPriceIndex(book).priceInForce(key, Date.parse(month(4)));

    expect(found).toMatchObject({ price: 0n, offer: 'override', sku: null, unit: 'request' });
    expect(found?.rate_code).toBe(`override ${month(6)}`); // leads to author and reason
  });

  it('gives way to one recorded later, and to the published price once it is taken back', () => {
    const later = override({ price: picoUsd(9n), recorded_at: month(7), effective_from: month(4) });
    const back = override({ price: null, recorded_at: month(8), effective_from: month(6) });

    expect(prices(bookWith(override(), later))).toEqual([P, P, 7n, 9n, 9n, 9n]);
    expect(prices(bookWith(override(), later, back))).toEqual([P, P, 7n, 9n, 9n, P]);
  });

  it('is an error beside another one that was recorded at the same instant', () => {
    const other = override({ author: 'someone@example.com', effective_from: month(4) });

    expect(() => pricesInForce(bookWith(override(), other))).toThrow(OverrideError);
    expect(() => pricesInForce(bookWith(override(), other))).toThrow('ops@example.com and someone');
  });

  it('changes the hash of the book: who set it and why is part of the evidence', () => {
    const texts = [
      bookWith(),
      bookWith(override()),
      bookWith(override({ author: 'b' })),
      bookWith(override({ reason: 'b' })),
      bookWith(override({ recorded_at: month(7) })),
    ].map(encodePriceBook);

    expect(new Set(texts.map((text) => text.replaceAll(/SKU\d+/g, ''))).size).toBe(texts.length);
    for (const text of texts) expect(encodePriceBook(decodePriceBook(text))).toBe(text);
  });

  it.each([
    ['no author', '"author":"ops@example.com"', '"author":""'],
    ['no reason', '"reason":"private offer 42"', '"reason":""'],
    ['no beginning', `"effective_from":"${month(3)}"`, '"effective_from":null'],
    ['a price that is a number', '"price":"0.000000000007"', '"price":7'],
    [
      'an end before its beginning',
      '"effective_to":null,"latency',
      `"effective_to":"${month(2)}","latency`,
    ],
  ])('is refused with %s', (_, good, bad) => {
    const text = encodePriceBook(bookWith(override()));
    const at = text.indexOf('"overrides"');
    const broken = text.slice(0, at) + text.slice(at).replace(good, bad);

    expect(broken).not.toBe(text);
    expect(() => decodePriceBook(broken)).toThrow(PriceBookError);
  });

  it('leaves exactly one answer at every instant, the one that precedence names', () => {
    const one = fc.record({
      from: fc.integer({ min: 1, max: 11 }),
      length: fc.option(fc.integer({ min: 1, max: 6 })),
      price: fc.option(fc.integer({ min: 0, max: 5 })),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), (drawn) => {
        const list = drawn.map(({ from, length, price }, index) => {
          const to = length === null || from + length > 12 ? null : month(from + length);
          const amount = price === null ? null : picoUsd(BigInt(price));
          const recorded = `2026-12-01T00:00:0${index}.000Z`;
          return override({
            effective_from: month(from),
            effective_to: to,
            price: amount,
            recorded_at: recorded,
          });
        });
        const book = bookWith(...list);
        for (let n = 1; n <= 12; n += 1) {
          const at = month(n);
          const last = list.findLast(
            ({ effective_from: from, effective_to: to }) => from <= at && (to === null || at < to),
          );
          expect(priceAt(book, n)).toBe(last?.price ?? P);
        }
      }),
      { numRuns: 300 },
    );
  });
});
