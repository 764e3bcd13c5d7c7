import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SecretMac } from '../../handlers/authenticate.ts';

/** HMAC-SHA256 of API keys' secrets under a pepper. See `SecretMac`. */
export function createSecretMac(pepper: Uint8Array): SecretMac {
  return {
    mac: (secret) => createHmac('sha256', pepper).update(secret).digest('hex'),
    equal: (left, right) =>
      left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right)),
  };
}
