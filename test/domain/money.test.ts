import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CALL_LIMIT_PUSD,
  MoneyError,
  formatUsd,
  parseUsd,
  roundUsd,
  sumUsd,
} from '../../domain/money.ts';

const anyAmount = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
/** What a statement can add up to: 10^24 USD. */
const anyTotal = fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n });

describe('an amount of money', () => {
  it.each([
    // 0.0033 USD = 33e-4 × 1e12 = 3.3e9 pico-USD.
    ['0.0033', 3_300_000_000n],
    ['1', 1_000_000_000_000n],
    ['-12', -12_000_000_000_000n],
    ['0.000000000001', 1n],
    ['-0.000000000001', -1n],
    ['0', 0n],
    ['9223372.036854775808', 2n ** 63n],
  ])('is read from %s and written back the same', (text, pico) => {
    expect(parseUsd(text)).toBe(pico);
    expect(formatUsd(pico)).toBe(text);
  });

  it('is read back as it was written, up to the 38 digits of the lake', () => {
    fc.assert(
      fc.property(anyAmount, (amount) => {
        expect(parseUsd(formatUsd(amount))).toBe(amount);
      }),
    );
  });

  it('is written without trailing zeros, a plus sign or a minus zero', () => {
    fc.assert(
      fc.property(anyAmount, (amount) => {
        expect(formatUsd(amount)).toMatch(/^(-?(0|[1-9]\d*)(\.\d{0,11}[1-9])?)$/);
      }),
    );
    expect(formatUsd(-0n)).toBe('0');
    expect(parseUsd('-0')).toBe(0n);
  });

  it('may carry zeros behind the twelfth place, but no digit', () => {
    expect(parseUsd('0.0000000000010000')).toBe(1n);
    expect(() => parseUsd('0.0000000000015')).toThrow(MoneyError);
    expect(() => parseUsd('0.0000000000015')).toThrow(/expected at most 12 decimal places/);
  });

  it.each([
    ...['', ' 1', '1 ', '+1', '1e3', '01', '.5', '5.', '1,000', '1_000', '0x10', '--1', '-'],
    ...['NaN', 'Infinity', '1\n', '१', '1.2.3', `1${'0'.repeat(26)}`],
  ])('is refused in the form %j', (text) => {
    expect(() => parseUsd(text)).toThrow(MoneyError);
  });

  it('is quoted in the refusal only in part, however long it is', () => {
    const refusal = () => parseUsd('x'.repeat(100_000));

    expect(refusal).toThrow(MoneyError);
    try {
      refusal();
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(150);
    }
  });

  it('of one call ends below a million dollars', () => {
    expect(formatUsd(CALL_LIMIT_PUSD)).toBe('1000000');
  });
});

describe('a sum', () => {
  it('is exact where doubles are not', () => {
    // 0.1 + 0.2 = 0.3, and 10,000 × 0.0001 = 1.
    expect(sumUsd([parseUsd('0.1'), parseUsd('0.2')])).toBe(parseUsd('0.3'));
    expect(sumUsd(Array.from({ length: 10_000 }, () => parseUsd('0.0001')))).toBe(parseUsd('1'));
  });

  it('does not depend on order or grouping, and of nothing is zero', () => {
    expect(sumUsd([])).toBe(0n);
    fc.assert(
      fc.property(fc.array(anyAmount), fc.array(anyAmount), (left, right) => {
        const together = sumUsd([...left, ...right]);
        expect(sumUsd([sumUsd(right), sumUsd(left)])).toBe(together);
      }),
    );
  });
});

describe('the last line of a statement', () => {
  it.each([
    // Half away from zero: 0.005 is shown as 0.01, 0.004999999999 as 0.00.
    { amount: '0.005', places: 2, shown: '0.01', difference: '0.005' },
    { amount: '-0.005', places: 2, shown: '-0.01', difference: '-0.005' },
    { amount: '0.004999999999', places: 2, shown: '0.00', difference: '-0.004999999999' },
    { amount: '-0.004999999999', places: 2, shown: '0.00', difference: '0.004999999999' },
    { amount: '1.5', places: 0, shown: '2', difference: '0.5' },
    { amount: '-1.5', places: 0, shown: '-2', difference: '-0.5' },
    { amount: '12', places: 2, shown: '12.00', difference: '0' },
    { amount: '0.000000000001', places: 12, shown: '0.000000000001', difference: '0' },
  ])('shows $amount as $shown and states $difference', ({ amount, places, ...expected }) => {
    const { shown, difference } = roundUsd(parseUsd(amount), places);

    expect({ shown, difference: formatUsd(difference) }).toEqual(expected);
  });

  it('differs from the exact amount by what it states, and by half a unit at most', () => {
    fc.assert(
      fc.property(anyTotal, fc.integer({ min: 0, max: 12 }), (amount, places) => {
        const { shown, difference } = roundUsd(amount, places);
        expect(parseUsd(shown) - amount).toBe(difference);
        const unit = 10n ** BigInt(12 - places);
        expect(difference * 2n <= unit && difference * 2n >= -unit).toBe(true);
      }),
    );
  });
});
