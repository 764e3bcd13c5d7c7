import { hash } from 'node:crypto';
import { mostBytes } from './write-text.ts';

const BLOCK = 64;
const LONGEST_DATA = 4096;
const DIGEST = 32;

/**
 * HMAC-SHA256 (RFC 2104) of texts or bytes, as two one-shot digests over scratch buffers that keep the padded
 * key: five times as fast as `createHmac`.
 *
 * @param key - at most 64 bytes; ours are 32 random ones.
 */
export function createHmacSha256(key: Uint8Array) {
  if (key.length === 0 || key.length > BLOCK) {
    throw new RangeError(`hmac key: got ${key.length} bytes, expected 1 to ${BLOCK}`);
  }
  const inner = new Uint8Array(BLOCK + LONGEST_DATA).fill(0x36);
  const room = Buffer.from(inner.buffer, BLOCK);
  const outer = Buffer.alloc(BLOCK + DIGEST, 0x5c);
  for (const [index, byte] of key.entries()) {
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  return (data: string | Uint8Array, encoding: 'hex' | 'base64url'): string => {
    const most = typeof data === 'string' ? mostBytes(data) : data.length;
    if (most > LONGEST_DATA) {
      throw new RangeError(`mac: got up to ${most} bytes, expected at most ${LONGEST_DATA}`);
    }
    let length = data.length;
    if (typeof data === 'string') length = room.write(data, 'utf8');
    else inner.set(data, BLOCK);
    // As a text of one byte a character: a digest as a Buffer takes twice the time.
    outer.write(hash('sha256', inner.subarray(0, BLOCK + length), 'binary'), BLOCK, 'binary');
    return hash('sha256', outer, encoding);
  };
}
