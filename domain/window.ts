import { HOUR_MS, MINUTE_MS, formatInstant, hourOf, parseInstant } from './instant.ts';

/** One UTC hour `[startMs, endMs)` of admission times: the unit that is metered and sealed. */
export interface Window {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
}

/** A call may last this long; the query for a window's lines reaches this far behind it. */
export const LONGEST_CALL_MS = 30 * MINUTE_MS;
/** Clocks of gateways and of the log may differ by this much. */
export const CLOCK_PAD_MS = 5 * MINUTE_MS;

/** The window that holds an instant of admission. */
export function windowOf(admittedMs: number): Window {
  const startMs = hourOf(admittedMs);
  return { startMs, endMs: startMs + HOUR_MS };
}

/**
 * Reads the start of a window.
 *
 * @throws RangeError if the instant is not a whole UTC hour.
 */
export function parseWindow(start: string): Window {
  const startMs = parseInstant(start);
  if (hourOf(startMs) !== startMs) {
    throw new RangeError(`window: got ${start}, expected the start of a UTC hour`);
  }
  return windowOf(startMs);
}

/** A usage line may be emitted this long after its call was admitted and still count for it. */
export const LATEST_LINE_MS = 48 * HOUR_MS;

/**
 * The instant that says which window a line belongs to: its admission where that can be read and can
 * be true, its emission otherwise. A forged line that claims another year opens no window there.
 */
export function windowTimeMs(emittedMs: number, admittedMs: number | null): number {
  if (admittedMs === null) return emittedMs;
  const agoMs = emittedMs - admittedMs;
  return agoMs <= LATEST_LINE_MS && agoMs >= -CLOCK_PAD_MS ? admittedMs : emittedMs;
}

/** Is this instant inside the window? */
export function holds(window: Window, ms: number): boolean {
  return ms >= window.startMs && ms < window.endMs;
}

/** `dt=2026-02-01/hour=12`: where a window's files lie under each table. */
export function partitionOf(window: Window): string {
  const start = formatInstant(window.startMs);
  return `dt=${start.slice(0, 10)}/hour=${start.slice(11, 13)}`;
}

/** Range of emission seconds, inclusive at both ends, in which a window's lines can lie. */
export function emissionRange(window: Window): { readonly fromS: number; readonly toS: number } {
  return {
    fromS: (window.startMs - CLOCK_PAD_MS) / 1000,
    toS: (window.endMs + LONGEST_CALL_MS) / 1000 - 1,
  };
}
