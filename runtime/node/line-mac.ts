import { hash } from 'node:crypto';
import type { LineMac } from '../../domain/usage-line.ts';

const BLOCK = 64;
const LONGEST_TEXT = 4096;
const DIGEST = 32;

/**
 * HMAC-SHA256 (RFC 2104) as two one-shot digests over scratch buffers that keep the padded key: five
 * times as fast as `createHmac` per line, and every line of a window is checked.
 *
 * @param key - at most 64 bytes; ours are 32 random ones.
 */
export function createLineMac(key: Uint8Array): LineMac {
  if (key.length === 0 || key.length > BLOCK) {
    throw new RangeError(`mac key: got ${key.length} bytes, expected 1 to ${BLOCK}`);
  }
  const inner = Buffer.alloc(BLOCK + LONGEST_TEXT, 0x36);
  const outer = Buffer.alloc(BLOCK + DIGEST, 0x5c);
  for (const [index, byte] of key.entries()) {
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  return (text) => {
    if (text.length * 3 > LONGEST_TEXT) {
      throw new RangeError(`mac: got ${text.length} characters, expected a usage line`);
    }
    const length = inner.write(text, BLOCK, 'utf8');
    // As a text of one byte a character: a digest as a Buffer takes twice the time.
    outer.write(hash('sha256', inner.subarray(0, BLOCK + length), 'binary'), BLOCK, 'binary');
    return hash('sha256', outer, 'base64url');
  };
}
