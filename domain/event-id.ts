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
  const [a = 0, b = 0, c = 0, d = 0] = random;
  const version = hexOf(0x70 | (a & 0x0f)) + hexOf(b);
  const variant = hexOf(0x80 | (c & 0x3f)) + hexOf(d);
  let tail = '';
  for (let at = 4; at < EVENT_ID_RANDOM_BYTES; at += 1) tail += hexOf(random[at] ?? 0);
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${tail}`;
}

const HEX_OF = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hexOf(byte: number): string {
  return HEX_OF[byte] ?? '';
}

/** What may stand at each place of an id, and what each character is, as bits. */
const [HEX, VARIANT, SEVEN, HYPHEN] = [1, 2, 4, 8];
const BITS = Uint8Array.from(FORM, (form) => ({ x: HEX, v: VARIANT, '7': SEVEN })[form] ?? HYPHEN);
const KINDS = kindsOfCharacters();

function kindsOfCharacters(): Uint8Array {
  const kinds = new Uint8Array(128);
  const mark = (characters: string, kind: number) => {
    for (const character of characters) {
      const code = character.charCodeAt(0);
      kinds[code] = (kinds[code] ?? 0) | kind;
    }
  };
  mark('0123456789abcdef', HEX);
  mark('89ab', VARIANT);
  mark('7', SEVEN);
  mark('-', HYPHEN);
  return kinds;
}

/** Is this text a UUIDv7 in its one form? Asked for every line: no pattern is as fast. */
export function isEventId(text: string): boolean {
  if (text.length !== FORM.length) return false;
  for (let at = 0; at < FORM.length; at += 1) {
    if (((KINDS[text.charCodeAt(at)] ?? 0) & (BITS[at] ?? 0)) === 0) return false;
  }
  return true;
}

/** Digits of the instant, and where the hyphen stands between them. */
const [STAMP_LENGTH, STAMP_HYPHEN] = [13, 8];

/** The instant of admission inside an id, in UTC milliseconds. */
export function eventTimeMs(id: EventId): number {
  let ms = 0;
  for (let at = 0; at < STAMP_LENGTH; at += 1) {
    if (at === STAMP_HYPHEN) continue;
    const code = id.charCodeAt(at);
    // A digit below `a`, or a letter from it on.
    ms = ms * 16 + (code < LETTER_A ? code - ZERO : code - LETTER_A + 10);
  }
  return ms;
}

const [ZERO, LETTER_A] = [48, 97];

/** The smallest id that an instant can have: ids of `[a, b)` are those from `a`'s to `b`'s. */
export function firstEventIdAt(ms: number): EventId {
  const time = ms.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}
