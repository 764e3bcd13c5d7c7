import type { LineMac } from '../../domain/usage-line.ts';
import { createHmacSha256 } from './hmac-sha256.ts';

/**
 * The MAC of usage lines: every line of a window is checked with it.
 *
 * @param key - at most 64 bytes; ours are 32 random ones.
 */
export function createLineMac(key: Uint8Array): LineMac {
  const mac = createHmacSha256(key);
  return (signed) => mac(signed, 'base64url');
}
