import { timingSafeEqual } from 'node:crypto';
import type { SecretMac } from '../../handlers/edge/authenticate.ts';
import { createHmacSha256 } from './hmac-sha256.ts';

/** HMAC-SHA256 of API keys' secrets under a pepper of at most 64 bytes. See `SecretMac`. */
export function createSecretMac(pepper: Uint8Array): SecretMac {
  const mac = createHmacSha256(pepper);
  return {
    mac: (secret) => mac(secret, 'hex'),
    equal: (left, right) =>
      left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right)),
  };
}
