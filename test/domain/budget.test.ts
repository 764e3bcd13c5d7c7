import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BUDGET_PERIODS, isTimeZone, periodAt } from '../../domain/budget.ts';

const HOUR = 3_600_000;
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Africa/Cairo'];
const iso = (ms: number) => new Date(ms).toISOString();

describe('a period of a budget', () => {
  it('begins at midnight of its zone, also in summer', () => {
    const winter = periodAt(Date.parse('2026-01-15T23:30:00Z'), 'day', 'Europe/Berlin');
    const summer = periodAt(Date.parse('2026-07-15T21:59:59Z'), 'day', 'Europe/Berlin');

    expect(winter.label).toBe('2026-01-16');
    expect(iso(winter.startMs)).toBe('2026-01-15T23:00:00.000Z');
    expect(summer.label).toBe('2026-07-15');
    expect(iso(summer.endMs)).toBe('2026-07-15T22:00:00.000Z');
  });

  it('lasts 23 and 25 hours where clocks change', () => {
    const lengthOf = (at: string) => {
      const { startMs, endMs } = periodAt(Date.parse(at), 'day', 'Europe/Berlin');
      return (endMs - startMs) / HOUR;
    };

    expect(lengthOf('2026-03-29T12:00:00Z')).toBe(23);
    expect(lengthOf('2026-10-25T12:00:00Z')).toBe(25);
  });

  it('begins where a midnight is skipped: Cairo, 2026-04-24, at one', () => {
    const day = periodAt(Date.parse('2026-04-24T12:00:00Z'), 'day', 'Africa/Cairo');

    expect(day.label).toBe('2026-04-24');
    expect(iso(day.startMs)).toBe('2026-04-23T22:00:00.000Z');
  });

  it('counts weeks from Monday, and months of every length', () => {
    const at = Date.parse('2026-03-01T05:00:00Z');

    expect(periodAt(at, 'week', 'UTC').label).toBe('2026-02-23');
    expect(periodAt(at, 'month', 'UTC').label).toBe('2026-03-01');
    expect(periodAt(at, 'month', 'America/New_York').label).toBe('2026-03-01');
    expect(iso(periodAt(at, 'month', 'UTC').endMs)).toBe('2026-04-01T00:00:00.000Z');
  });

  it('holds its instant, and the next one begins where it ends', () => {
    const instant = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2036, 0) });
    fc.assert(
      fc.property(
        instant,
        fc.constantFrom(...BUDGET_PERIODS),
        fc.constantFrom(...zones),
        (atMs, period, zone) => {
          const { startMs, endMs, label } = periodAt(atMs, period, zone);

          expect(startMs <= atMs && atMs < endMs).toBe(true);
          expect(periodAt(startMs, period, zone).label).toBe(label);
          expect(periodAt(endMs - 1, period, zone).label).toBe(label);
          expect(periodAt(endMs, period, zone).startMs).toBe(endMs);
          expect(periodAt(startMs - 1, period, zone).endMs).toBe(startMs);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('knows a time zone from a word', () => {
    expect(zones.every(isTimeZone)).toBe(true);
    expect(['', 'Europe/Nowhere', 'Berlin', '../etc'].some(isTimeZone)).toBe(false);
  });
});
