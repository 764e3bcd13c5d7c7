/** Most bytes of a UTF-16 unit in UTF-8. */
const UNIT_BYTES = 3;
const ASCII_MAX = 0x7f;

/** How many bytes a text can need in UTF-8. */
export function mostBytes(text: string): number {
  return text.length * UNIT_BYTES;
}

/**
 * Writes a short text as UTF-8, where there is room for the most that it can need. Of ids there are
 * millions, and for forty characters the way into Node's own code is longer than the work.
 *
 * @returns how many bytes it is.
 */
export function writeText(bytes: Buffer, text: string, from: number): number {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > ASCII_MAX) return bytes.write(text, from, 'utf8');
    bytes[from + at] = code;
  }
  return text.length;
}
