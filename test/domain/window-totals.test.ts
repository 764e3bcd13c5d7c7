import { describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '../../domain/meters.ts';
import { addRow, noTotals, totalsText } from '../../domain/window-totals.ts';

describe('the totals of a window', () => {
  it('of no rows are zero', () => {
    expect(totalsText(noTotals())).toEqual({
      ...{ rows: 0, unpriced: 0, cost_pusd: '0', input: '0', cache_read: '0' },
      ...{ cache_write_5m: '0', cache_write_1h: '0', output: '0' },
    });
  });

  it('count the tokens of a row that waits for a price, and no money', () => {
    const totals = noTotals();

    addRow(totals, { ...NO_TOKENS, input: 7 }, null);
    addRow(totals, { ...NO_TOKENS, input: 1, output: 2 }, 5n);
    addRow(totals, NO_TOKENS, 0n);

    expect(totals).toMatchObject({ rows: 3, unpriced: 1, cost: 5n, input: 8n, output: 2n });
  });

  it('stay exact past 2^53', () => {
    const totals = noTotals();
    // 2^53 + 1 is where doubles begin to skip.
    addRow(totals, { ...NO_TOKENS, output: 2 ** 53 - 1 }, 2n ** 53n);
    addRow(totals, { ...NO_TOKENS, output: 2 }, 1n);

    expect(totalsText(totals)).toMatchObject({
      output: '9007199254740993',
      cost_pusd: '9007199254740993',
    });
  });

  it('are whatever the other totals are not: each starts from its own zero', () => {
    const [one, other] = [noTotals(), noTotals()];

    addRow(one, { ...NO_TOKENS, input: 1 }, 1n);

    expect(other).toEqual(noTotals());
  });
});
