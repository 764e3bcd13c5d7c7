import { MINUTE_MS } from './instant.ts';
import { emissionRange } from './window.ts';
import type { Window } from './window.ts';

/** Part of a window's lines that one question can return. */
export interface LineSlice {
  /** Emission seconds, inclusive at both ends. */
  readonly fromS: number;
  readonly toS: number;
  /** Only ids whose random digits begin so; `other`: no readable id; null: all. */
  readonly split: string | null;
}

/** A slice is planned to hold at most this share of the row limit: lines still come in. */
const FILL = 0.8;
const MINUTE_S = MINUTE_MS / 1000;
const HEX = Array.from({ length: 16 }, (_, digit) => digit.toString(16));
const DIGITS_MAX = 3;

/** Lines that no question can return whole. */
export class SliceTooFull extends Error {
  override readonly name = 'SliceTooFull';
}

/**
 * Cuts a window into slices by its lines per minute, ascending and without a gap: quiet minutes
 * share a slice, a minute too full is cut into its seconds.
 *
 * @param minutes - [start in epoch seconds, lines], ascending.
 */
export function planSlices(
  window: Window,
  minutes: readonly (readonly [number, number])[],
  rowLimit: number,
): LineSlice[] {
  const fill = Math.max(1, Math.floor(rowLimit * FILL));
  const { fromS, toS } = emissionRange(window);
  const slices: LineSlice[] = [];
  let [start, held] = [fromS, 0];

  function cutBefore(nextS: number): void {
    if (nextS > start) slices.push({ fromS: start, toS: nextS - 1, split: null });
    [start, held] = [nextS, 0];
  }

  for (const [minuteS, lines] of minutes) {
    if (lines > fill) {
      cutBefore(minuteS);
      slices.push(...secondsOf(minuteS));
      start = minuteS + MINUTE_S;
      continue;
    }
    if (held + lines > fill) cutBefore(minuteS);
    held += lines;
  }
  cutBefore(toS + 1);
  return slices;
}

/**
 * Cuts a slice that turned out too full: into seconds, then by the first random digits of the ids
 * (their head is the time, the same for all of a millisecond).
 *
 * @throws SliceTooFull if nothing finer is left; the window fails loudly.
 */
export function cutSlice(slice: LineSlice): LineSlice[] {
  const { fromS, toS, split } = slice;
  if (split === null && toS > fromS) {
    const seconds = Array.from({ length: toS - fromS + 1 }, (_, index) => fromS + index);
    if (seconds.length <= MINUTE_S) return seconds.map(wholeSecond);
    const middle = fromS + Math.floor((toS - fromS) / 2);
    return [
      { fromS, toS: middle, split },
      { fromS: middle + 1, toS, split },
    ];
  }
  if (split === null) return [...HEX, 'other'].map((digits) => ({ fromS, toS, split: digits }));
  if (split === 'other' || split.length === DIGITS_MAX) {
    throw new SliceTooFull(
      `lines of second ${fromS}, ids ${split}: more than one question returns, nothing finer is left`,
    );
  }
  return HEX.map((digit) => ({ fromS, toS, split: split + digit }));
}

function secondsOf(minuteS: number): LineSlice[] {
  return Array.from({ length: MINUTE_S }, (_, second) => wholeSecond(minuteS + second));
}

function wholeSecond(second: number): LineSlice {
  return { fromS: second, toS: second, split: null };
}
