import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  END_STAMP_MS,
  FIRST_STAMP_MS,
  HOUR_MS,
  InstantError,
  formatInstant,
} from '../../domain/instant.ts';
import { emissionRange, holds, parseWindow, partitionOf, windowOf } from '../../domain/window.ts';

/** 2001 to 2286: every instant that an event id can hold. */
const anyStamp = fc.integer({ min: FIRST_STAMP_MS, max: END_STAMP_MS - 1 });

describe('a window', () => {
  it('is one UTC hour, its start inside and its end outside', () => {
    const window = parseWindow('2026-02-01T12:00:00.000Z');

    expect(window.endMs - window.startMs).toBe(HOUR_MS);
    expect(holds(window, window.startMs)).toBe(true);
    expect(holds(window, window.startMs - 1)).toBe(false);
    expect(holds(window, window.endMs - 1)).toBe(true);
    expect(holds(window, window.endMs)).toBe(false);
  });

  it('holds each instant, and no neighbour does', () => {
    fc.assert(
      fc.property(anyStamp, (ms) => {
        const window = windowOf(ms);
        expect(holds(window, ms)).toBe(true);
        expect(holds(windowOf(window.startMs - 1), ms)).toBe(false);
        expect(holds(windowOf(window.endMs), ms)).toBe(false);
        expect(parseWindow(formatInstant(window.startMs))).toEqual(window);
      }),
    );
  });

  it.each(['2026-02-01T12:30:00.000Z', '2026-02-01T12:00:00.001Z'])(
    'does not start at %s',
    (start) => {
      expect(() => parseWindow(start)).toThrow(RangeError);
    },
  );

  it('is not read from another form of an instant', () => {
    expect(() => parseWindow('2026-02-01T12')).toThrow(InstantError);
  });

  it('has a partition of its own, in order of time', () => {
    expect(partitionOf(parseWindow('2026-02-01T09:00:00.000Z'))).toBe('dt=2026-02-01/hour=09');
    expect(partitionOf(parseWindow('2028-02-29T23:00:00.000Z'))).toBe('dt=2028-02-29/hour=23');
    fc.assert(
      fc.property(anyStamp, (ms) => {
        const window = windowOf(ms);
        expect(partitionOf(window) < partitionOf(windowOf(window.endMs))).toBe(true);
      }),
    );
  });

  it('has its lines emitted from five minutes before it to thirty after, seconds inclusive', () => {
    const window = parseWindow('2026-02-01T12:00:00.000Z');

    const { fromS, toS } = emissionRange(window);

    expect(formatInstant(fromS * 1000)).toBe('2026-02-01T11:55:00.000Z');
    expect(formatInstant(toS * 1000)).toBe('2026-02-01T13:29:59.000Z');
  });
});
