const CHARACTERS_MIN = 32;
const CHARACTERS_MAX = 64;

/**
 * The bytes of a key that is kept as text: its characters, as they are.
 *
 * @throws RangeError for a text that is too short to be a key, or longer than a MAC takes.
 */
export function secretKey(text: string): Uint8Array {
  const { length } = text;
  if (length < CHARACTERS_MIN || length > CHARACTERS_MAX || !/^[\x21-\x7e]*$/.test(text)) {
    throw new RangeError(
      `secret: got ${length} characters, expected ${CHARACTERS_MIN} to ${CHARACTERS_MAX} of ASCII, no spaces`,
    );
  }
  return new TextEncoder().encode(text);
}
