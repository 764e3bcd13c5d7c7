import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PriceBookError, decodePriceBook, encodePriceBook } from '../../pricing/price-book-json.ts';
import { bookOf, priceRowOf, recordedBook } from './price-rows.ts';

const text = encodePriceBook(recordedBook);

describe('a price book', () => {
  it('survives encoding and decoding', () => {
    expect(decodePriceBook(text)).toEqual(recordedBook);
    expect(encodePriceBook(decodePriceBook(text))).toBe(text);
  });

  it('keeps every price to the last pico-USD', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 10n }), (thousandth) => {
        const digits = thousandth.toString().padStart(11, '0');
        const usd = `${digits.slice(0, -10)}.${digits.slice(-10)}`;
        const book = bookOf([priceRowOf('USE1-NovaLite-input-tokens', { usd, unit: 'tokens' })]);
        const [entry] = decodePriceBook(encodePriceBook(book)).entries;
        expect(entry?.price).toBe(thousandth * 100n);
      }),
    );
  });

  it('has only prices that are whole in pico-USD', () => {
    for (const { price } of recordedBook.entries) expect(typeof price).toBe('bigint');
    expect(text).not.toMatch(/"price":-?\d/);
  });

  it.each([
    ['text that is no JSON', '{'],
    ['another schema', text.replace('price-book/1', 'price-book/2')],
    ['an unknown field', text.replace('"mode":', '"colour":"red","mode":')],
    ['a missing field', text.replace('"context":"base",', '')],
    ['a price that is a number', text.replace(/"price":"([0-9.]+)"/, '"price":$1')],
    ['a price in another spelling', text.replace(/"price":"(0\.\d+)"/, '"price":"$10"')],
    ['a negative price', text.replace(/"price":"0\./, '"price":"-0.')],
    ['an unknown tier', text.replace('"tier":"standard"', '"tier":"gold"')],
    ['an offer nobody knows', text.replace('"offer":"AmazonBedrock"', '"offer":"Amazon"')],
    [
      'a date in another form',
      text.replace('"effective_from":null', '"effective_from":"2026-10-01"'),
    ],
    ['an account that does not add up', text.replace('"read":489', '"read":490')],
    ['white space', text.replace('"mode":', '"mode": ')],
    ['a missing line feed at its end', text.trimEnd()],
    ['entries out of order', swapFirstEntries()],
  ])('is refused with %s', (_, broken) => {
    expect(broken).not.toBe(text);
    expect(() => decodePriceBook(broken)).toThrow(PriceBookError);
  });
});

function swapFirstEntries(): string {
  const [first, second, ...rest] = recordedBook.entries;
  const entries = first && second ? [second, first, ...rest] : [];
  return encodePriceBook({ ...recordedBook, entries });
}
