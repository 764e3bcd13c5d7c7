import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SliceTooFull, cutSlice, planSlices } from '../../domain/slices.ts';
import type { LineSlice } from '../../domain/slices.ts';
import { emissionRange, windowOf } from '../../domain/window.ts';
import { NOON_MS } from './usage-events.ts';

const window = windowOf(NOON_MS);
const { fromS, toS } = emissionRange(window);
const MINUTES = (toS + 1 - fromS) / 60;
const minuteS = (minute: number) => fromS + minute * 60;

/** Do the slices cover the range without a gap, an overlap or a slice upside down? */
function expectTiling(slices: readonly LineSlice[], range: { fromS: number; toS: number }) {
  let next = range.fromS;
  for (const slice of slices) {
    expect(slice.fromS).toBe(next);
    expect(slice.toS).toBeGreaterThanOrEqual(slice.fromS);
    next = slice.toS + 1;
  }
  expect(next).toBe(range.toS + 1);
}

describe('planned slices', () => {
  it('are one for a window that fits', () => {
    expect(planSlices(window, [], 100)).toEqual([{ fromS, toS, split: null }]);
    expect(planSlices(window, [[minuteS(3), 80]], 100)).toEqual([{ fromS, toS, split: null }]);
  });

  it('hold at most 80 % of the row limit', () => {
    // 40 + 40 = 80 fits, 40 + 40 + 1 does not.
    const minutes = [
      [minuteS(0), 40],
      [minuteS(1), 40],
      [minuteS(2), 1],
    ] as const;

    expect(planSlices(window, minutes, 100)).toEqual([
      { fromS, toS: minuteS(2) - 1, split: null },
      { fromS: minuteS(2), toS, split: null },
    ]);
  });

  it('cut a minute too full into its seconds, and no other', () => {
    const slices = planSlices(window, [[minuteS(5), 81]], 100);

    expect(slices).toHaveLength(62);
    expect(slices[0]).toEqual({ fromS, toS: minuteS(5) - 1, split: null });
    expect(slices[1]).toEqual({ fromS: minuteS(5), toS: minuteS(5), split: null });
    expect(slices[61]).toEqual({ fromS: minuteS(6), toS, split: null });
  });

  const anyMinutes = fc
    .uniqueArray(fc.tuple(fc.nat(MINUTES - 1), fc.integer({ min: 1, max: 300 })), {
      selector: ([minute]) => minute,
    })
    .map((minutes) => minutes.sort(([a], [b]) => a - b));

  it('cover every second of the emission range once, whatever the load', () => {
    fc.assert(
      fc.property(anyMinutes, fc.integer({ min: 1, max: 400 }), (minutes, rowLimit) => {
        const counted = minutes.map(([minute, lines]) => [minuteS(minute), lines] as const);
        const slices = planSlices(window, counted, rowLimit);

        expectTiling(slices, { fromS, toS });
        const fill = Math.max(1, Math.floor(rowLimit * 0.8));
        for (const slice of slices) {
          const inside = counted.filter(([start]) => start >= slice.fromS && start <= slice.toS);
          const held = inside.reduce((sum, [, lines]) => sum + lines, 0);
          // Only a single second may hold more: nobody knows yet how a full minute is spread.
          if (slice.toS > slice.fromS) expect(held).toBeLessThanOrEqual(fill);
        }
      }),
    );
  });
});

const HEX = '0123456789abcdef'.split('');

describe('a slice that turned out too full', () => {
  it('of a minute or less is cut into its seconds', () => {
    const parts = cutSlice({ fromS, toS: fromS + 59, split: null });

    expect(parts).toHaveLength(60);
    expectTiling(parts, { fromS, toS: fromS + 59 });
  });

  it('of more is cut into two halves', () => {
    const parts = cutSlice({ fromS, toS: fromS + 60, split: null });

    expect(parts).toHaveLength(2);
    expectTiling(parts, { fromS, toS: fromS + 60 });
  });

  it('reaches single seconds without a gap, however it is cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6000 }), (length) => {
        const range = { fromS, toS: fromS + length };
        let slices: LineSlice[] = [{ ...range, split: null }];
        while (slices.some((slice) => slice.toS > slice.fromS)) {
          slices = slices.flatMap((slice) => (slice.toS > slice.fromS ? cutSlice(slice) : [slice]));
          expectTiling(slices, range);
        }
        expect(slices).toHaveLength(length + 1);
      }),
      { numRuns: 20 },
    );
  });

  it('of one second is cut by the random digits of the ids, and one part for ids unread', () => {
    const parts = cutSlice({ fromS, toS: fromS, split: null });

    expect(parts.map(({ split }) => split)).toEqual([...HEX, 'other']);
    expect(new Set(parts.map((part) => part.fromS + part.toS))).toEqual(new Set([2 * fromS]));
  });

  it('is cut up to three digits: one of 4,096 parts of a second', () => {
    const second = { fromS, toS: fromS, split: 'a' };

    expect(cutSlice(second).map(({ split }) => split)).toEqual(HEX.map((digit) => `a${digit}`));
    expect(cutSlice({ ...second, split: 'a0' })[15]?.split).toBe('a0f');
  });

  it('fails loudly when nothing finer is left', () => {
    const cut = (split: string) => () => cutSlice({ fromS, toS: fromS, split });

    expect(cut('a0f')).toThrow(SliceTooFull);
    expect(cut('other')).toThrow(SliceTooFull);
    expect(cut('other')).toThrow(`lines of second ${fromS}, ids other`);
  });
});
