import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  END_STAMP_MS,
  FIRST_STAMP_MS,
  HOUR_MS,
  InstantError,
  formatInstant,
  hourOf,
  isInstant,
  parseInstant,
} from '../../domain/instant.ts';

const anyStamp = fc.integer({ min: FIRST_STAMP_MS, max: END_STAMP_MS - 1 });

describe('an instant', () => {
  it('is written in one form and read back', () => {
    // 2026-02-01 is day 20,485 since 1970: 20,485 × 86,400,000 = 1,769,904,000,000.
    expect(formatInstant(1_769_904_000_000)).toBe('2026-02-01T00:00:00.000Z');
    fc.assert(
      fc.property(anyStamp, (ms) => {
        expect(parseInstant(formatInstant(ms))).toBe(ms);
      }),
    );
  });

  it('sorts as text as it sorts in time', () => {
    fc.assert(
      fc.property(anyStamp, anyStamp, (a, b) => {
        expect(formatInstant(a) < formatInstant(b)).toBe(a < b);
      }),
    );
  });

  it.each([
    ...[
      '2026-02-01',
      '2026-02-01T00:00:00Z',
      '2026-02-01T00:00:00.000',
      '2026-02-01 00:00:00.000Z',
    ],
    ...['2026-02-01T00:00:00.000+00:00', '2026-02-01T00:00:00.0000Z', '2026-02-01t00:00:00.000z'],
    ...['2026-02-30T00:00:00.000Z', '2025-02-29T00:00:00.000Z', '2026-13-01T00:00:00.000Z'],
    ...['2026-00-10T00:00:00.000Z', '2026-02-01T24:00:00.000Z', '2026-06-30T23:59:60.000Z'],
    ...['+002026-02-01T00:00:00.000Z', '', ' 2026-02-01T00:00:00.000Z', '1769904000000'],
    '2026-02-01T00:00:00.000Z\n',
  ])('is refused in the form %j', (text) => {
    expect(isInstant(text)).toBe(false);
    expect(() => parseInstant(text)).toThrow(InstantError);
  });

  it('knows the leap day of a leap year', () => {
    expect(isInstant('2028-02-29T00:00:00.000Z')).toBe(true);
    expect(isInstant('2100-02-29T00:00:00.000Z')).toBe(false);
  });

  it('has thirteen digits from 2001 to 2286', () => {
    expect(formatInstant(FIRST_STAMP_MS)).toBe('2001-09-09T01:46:40.000Z');
    expect(formatInstant(END_STAMP_MS)).toBe('2286-11-20T17:46:40.000Z');
  });

  it('lies in the hour that starts at or before it', () => {
    expect(hourOf(3_600_000)).toBe(3_600_000);
    expect(hourOf(3_599_999)).toBe(0);
    expect(hourOf(-1)).toBe(-3_600_000);
    fc.assert(
      fc.property(anyStamp, (ms) => {
        expect(hourOf(ms) % HOUR_MS).toBe(0);
        expect(ms - hourOf(ms)).toBeGreaterThanOrEqual(0);
        expect(ms - hourOf(ms)).toBeLessThan(HOUR_MS);
      }),
    );
  });
});
