import { describe, expect, it } from '@jest/globals';
import { diffBooks, holdReasons } from '../../pricing/book-diff.ts';
import { bookOf, priceRowOf, recordedBook } from './price-rows.ts';

const INPUT = 'USE1-NovaLite-input-tokens';
const OUTPUT = 'USE1-NovaLite-output-tokens';
const KEY = 'amazon.nova-lite-v1:0|us-east-1|regional|standard|on_demand|standard|base|input';
const book = (usd: string, ...others: readonly string[]) =>
  bookOf([
    priceRowOf(INPUT, { usd, sku: 'A' }),
    ...others.map((type) => priceRowOf(type, { usd: '0.1', sku: type })),
  ]);

describe('what a later book says otherwise', () => {
  it('is nothing against itself', () => {
    const diff = diffBooks(recordedBook, recordedBook);

    expect(diff).toEqual({ added: [], removed: [], moved: [], refused: [] });
    expect(holdReasons(diff)).toEqual([]);
  });

  it.each([
    // USD per thousand tokens, so a thousandth of it per token.
    { before: '0.10', after: '0.12', percent: '+20.00', large: false },
    { before: '0.10', after: '0.1200001', percent: '+20.00', large: true },
    { before: '0.10', after: '0.08', percent: '-20.00', large: false },
    { before: '0.10', after: '0.0799999', percent: '-20.00', large: true },
    { before: '0.03', after: '0.04', percent: '+33.33', large: true },
    { before: '0', after: '0.0000001', percent: null, large: true },
    { before: '0.10', after: '0', percent: '-100.00', large: true },
  ])('is a move: %j', ({ before, after, percent, large }) => {
    const diff = diffBooks(book(before), book(after));

    expect(diff.moved).toEqual([expect.objectContaining({ key: KEY, percent, large })]);
    expect(holdReasons(diff)).toHaveLength(large ? 1 : 0);
  });

  it('names what is new, and holds what disappeared', () => {
    const there = diffBooks(book('0.1'), book('0.1', OUTPUT));
    const back = diffBooks(book('0.1', OUTPUT), book('0.1'));

    expect([there.added.length, there.removed.length, holdReasons(there)]).toEqual([1, 0, []]);
    expect([back.added.length, back.removed.length]).toEqual([0, 1]);
    expect(holdReasons(back)).toEqual([
      expect.stringMatching(/^disappeared: .*\|output, which was/),
    ]);
  });

  it('holds a row that is unusable now, whether it was there before or not', () => {
    const unread = 'USE1-NovaLite-input-tokens-turbo';
    const [before, after] = [book('0.1'), book('0.1', unread)];
    const broken = bookOf([priceRowOf(INPUT, { usd: '0.1', sku: 'A', unit: '1B tokens' })]);

    expect(holdReasons(diffBooks(before, after))).toEqual([
      `newly unusable: ${unread} of Nova Lite, usage type not understood`,
    ]);
    expect(holdReasons(diffBooks(before, broken))).toHaveLength(2);
    expect(holdReasons(diffBooks(after, after))).toEqual([]);
  });
});
