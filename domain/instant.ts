/**
 * Instants are UTC epoch milliseconds in code and `YYYY-MM-DDTHH:MM:SS.sssZ` in text, so that text
 * order is time order. Intervals are half-open. No time zone but UTC exists on this floor.
 */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Milliseconds of an hour, the length of a window. */
export const HOUR_MS = 3_600_000;
/** Milliseconds of a minute. */
export const MINUTE_MS = 60_000;

/** First and last instants a 13-digit millisecond stamp can name: 2001-09-09 to 2286-11-20. */
export const FIRST_STAMP_MS = 1_000_000_000_000;
/** See `FIRST_STAMP_MS`; exclusive. */
export const END_STAMP_MS = 10_000_000_000_000;

/** Text that is not an instant in the one form. */
export class InstantError extends Error {
  override readonly name = 'InstantError';
}

/** Writes UTC milliseconds as `YYYY-MM-DDTHH:MM:SS.sssZ`. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString();
}

/** Is this text an instant in the one form, and a real calendar date? */
export function isInstant(text: string): boolean {
  if (!INSTANT.test(text)) return false;
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && formatInstant(ms) === text;
}

/**
 * Reads `YYYY-MM-DDTHH:MM:SS.sssZ` into UTC milliseconds.
 *
 * @throws InstantError for any other form, and for dates no calendar has.
 */
export function parseInstant(text: string): number {
  if (!isInstant(text)) {
    throw new InstantError(
      `instant: got ${JSON.stringify(text.slice(0, 40))}, expected YYYY-MM-DDTHH:MM:SS.sssZ`,
    );
  }
  return Date.parse(text);
}

/** Start of the UTC hour that holds `ms`. */
export function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}
