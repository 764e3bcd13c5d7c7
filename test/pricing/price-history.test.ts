import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { buildPriceBook } from '../../pricing/price-book.ts';
import { decodePriceBook, encodePriceBook } from '../../pricing/price-book-json.ts';
import type { PriceBook } from '../../pricing/price-entry.ts';
import { createPriceIndex } from '../../pricing/price-index.ts';
import type { PriceRow } from '../../pricing/price-row.ts';
import { call, offerOf, priceRowOf } from './price-rows.ts';

const day = (n: number) => `2026-${String(n).padStart(2, '0')}-01T00:00:00.000Z`;

/** A publication of Nova Lite rows: USD per thousand tokens by usage words, in force from a day. */
function publication(
  month: number,
  rates: Readonly<Record<string, readonly [usd: string, from: number]>>,
) {
  const rows = Object.entries(rates).map(([words, [usd, from]]): PriceRow => {
    const dates = { publication: day(month), effective_date: day(from) };
    return priceRowOf(`USE1-NovaLite-${words}`, { usd, version: String(month), ...dates });
  });
  return { ...offerOf(rows), version: String(month), publication: day(month) };
}

const next = (before: PriceBook | null, offer: ReturnType<typeof publication>) =>
  buildPriceBook({ offers: [offer], dated: 'published', before });

const inputAt = (book: PriceBook, month: number, meter = 'input') =>
  createPriceIndex(book).priceInForce(
    { ...call('amazon.nova-lite-v1:0'), meter },
    Date.parse(day(month)) + 1,
  )?.price;

describe('publication after publication', () => {
  const first = next(
    null,
    publication(2, { 'input-tokens': ['0.06', 1], 'output-tokens': ['0.24', 1] }),
  );
  const moved = next(
    first,
    publication(5, { 'input-tokens': ['0.05', 4], 'output-tokens': ['0.24', 1] }),
  );

  it('ends a price where the next one begins, and keeps it for what was called before', () => {
    // 0.06 USD a thousand tokens is 60,000,000 pUSD a token.
    expect([1, 3, 4, 9].map((month) => inputAt(moved, month))).toEqual([
      ...[60_000_000n, 60_000_000n, 50_000_000n, 50_000_000n],
    ]);
    expect(inputAt(moved, 9, 'output')).toBe(240_000_000n);
  });

  it('has no price before the first', () => {
    expect(
      createPriceIndex(moved).priceInForce({ ...call('amazon.nova-lite-v1:0'), meter: 'input' }, 0),
    ).toBeUndefined();
  });

  it('ends what an offer no longer lists with the publication that left it out', () => {
    const retired = next(moved, publication(7, { 'input-tokens': ['0.05', 4] }));

    expect(inputAt(retired, 6, 'output')).toBe(240_000_000n);
    expect(inputAt(retired, 7, 'output')).toBeUndefined();
    expect(retired.offers.map(({ version, rows }) => [version, rows])).toEqual([
      ...[
        ['2', 2],
        ['5', 2],
        ['7', 1],
      ],
    ]);
  });

  it('leaves Regions alone that were not asked for again', () => {
    const other = { ...publication(7, { 'input-tokens': ['0.07', 6] }), region: 'eu-west-1' };
    const rows = other.readings.map((reading) =>
      reading.kind === 'row'
        ? { ...reading, row: { ...reading.row, usage_type: 'EU-NovaLite-input-tokens' } }
        : reading,
    );
    const both = next(moved, { ...other, readings: rows });

    expect(inputAt(both, 9)).toBe(50_000_000n);
    expect(inputAt(both, 9, 'output')).toBe(240_000_000n);
  });

  it('takes a rate that turns out to hold since earlier for what the list now says', () => {
    const back = next(moved, publication(6, { 'input-tokens': ['0.04', 3] }));

    expect([2, 3, 5].map((month) => inputAt(back, month))).toEqual([
      60_000_000n,
      40_000_000n,
      40_000_000n,
    ]);
  });

  it('gives the same book for the same publication, and one that can be read again', () => {
    const again = next(
      moved,
      publication(5, { 'input-tokens': ['0.05', 4], 'output-tokens': ['0.24', 1] }),
    );
    const prices = ({ entries }: PriceBook) =>
      entries.map(({ meter, price, effective_from: from, effective_to: to }) => [
        ...[meter, price, from, to],
      ]);

    expect(prices(again)).toEqual(prices(moved));
    expect(decodePriceBook(encodePriceBook(moved))).toEqual(moved);
  });

  it('never has two prices at once, nor changes what was in force before the newest began', () => {
    const rate = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 12 }));
    fc.assert(
      fc.property(fc.array(rate, { minLength: 1, maxLength: 6 }), (rates) => {
        let book: PriceBook | null = null;
        for (const [index, [cents, from]] of rates.entries()) {
          const before: PriceBook | null = book;
          book = next(before, publication(index + 1, { 'input-tokens': [`0.0${cents}`, from] }));
          const now = book;
          for (let month = 1; month < from; month += 1) {
            if (before) expect(inputAt(now, month)).toBe(inputAt(before, month));
          }
          expect(inputAt(now, 12)).toBe(BigInt(cents) * 10_000_000n);
        }
      }),
      { numRuns: 200 },
    );
  });
});

it('does not lay recorded pages, whose dates are made up, over anything', () => {
  const offer = publication(2, { 'input-tokens': ['0.06', 1] });
  const published = next(null, offer);
  const recorded = buildPriceBook({ offers: [offer], dated: 'recorded', before: published });

  expect(recorded.entries.map(({ effective_from: from }) => from)).toEqual([null]);
});
