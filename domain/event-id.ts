import { END_STAMP_MS, FIRST_STAMP_MS } from './instant.ts';

/** UUIDv7 in lower case, whose first 48 bits are the instant of admission (RFC 9562, 5.7). */
export type EventId = string;

/** x: a hex digit in lower case; v: one of 8, 9, a, b. */
const FORM = 'xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx';

/** Characters of an id. */
export const EVENT_ID_LENGTH = FORM.length;

/** Bytes of randomness a UUIDv7 is minted from. */
export const EVENT_ID_RANDOM_BYTES = 10;

/** Mints the id of a call admitted at `ms`; the window of the call follows from it for ever. */
export function mintEventId(ms: number, random: Uint8Array): EventId {
  if (!(ms >= FIRST_STAMP_MS && ms < END_STAMP_MS) || random.length !== EVENT_ID_RANDOM_BYTES) {
    throw new RangeError(
      `event id: got ${ms} ms and ${random.length} random bytes, expected a 13-digit stamp and 10`,
    );
  }
  const time = Math.trunc(ms).toString(16).padStart(12, '0');
  const tail = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = (8 + (Number.parseInt(tail[4] ?? '0', 16) & 3)).toString(16);
  const parts = [time.slice(0, 8), time.slice(8), `7${tail.slice(1, 4)}`];
  return [...parts, `${variant}${tail.slice(5, 8)}`, tail.slice(8)].join('-');
}

/** Is this text a UUIDv7 in its one form? Asked for every line: no pattern is as fast. */
export function isEventId(text: string): boolean {
  if (text.length !== FORM.length) return false;
  for (let at = 0; at < FORM.length; at += 1) {
    const form = FORM.charCodeAt(at);
    const code = text.charCodeAt(at);
    const isHex = (code >= 48 && code <= 57) || (code >= 97 && code <= 102);
    if (form === 120 ? !isHex : form === 118 ? !isVariant(code) : code !== form) return false;
  }
  return true;
}

function isVariant(code: number): boolean {
  return code === 56 || code === 57 || code === 97 || code === 98;
}

/** The instant of admission inside an id, in UTC milliseconds. */
export function eventTimeMs(id: EventId): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The smallest id that an instant can have: ids of `[a, b)` are those from `a`'s to `b`'s. */
export function firstEventIdAt(ms: number): EventId {
  const time = ms.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}
