import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { TrustedKey } from '../../../domain/ledger/trust.ts';
import type { LedgerCrypto } from '../../../domain/ledger/verification.ts';

/** Half the order of P-256's group, rounded down: the largest s of a signature in its one form. */
const P256_HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;

/** Digests and signature checks by Node's own crypto. */
export const nodeLedgerCrypto: LedgerCrypto = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  verifySignature,
};

const keyObjects = new Map<string, KeyObject>();

/**
 * Does the key vouch for these bytes? Ed25519, or ECDSA P-256 over SHA-256 in DER with low s.
 *
 * Both s and n-s would verify: only the lower is taken, so that a signature has one form.
 */
function verifySignature(key: TrustedKey, message: Uint8Array, signature: Uint8Array): boolean {
  const publicKey = keyObjectOf(key);
  switch (key.alg) {
    case 'Ed25519':
      return (
        publicKey.asymmetricKeyType === 'ed25519' && verify(null, message, publicKey, signature)
      );
    case 'ECDSA_P256_SHA256':
      return (
        publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1' &&
        hasLowS(signature) &&
        verify('sha256', message, { key: publicKey, dsaEncoding: 'der' }, signature)
      );
  }
}

function keyObjectOf({ spki }: TrustedKey): KeyObject {
  const known = keyObjects.get(spki);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
  keyObjects.set(spki, key);
  return key;
}

/** DER: SEQUENCE of two INTEGERs, each in its shortest form, and nothing behind them. */
function hasLowS(signature: Uint8Array): boolean {
  if (signature[0] !== 0x30 || signature[1] !== signature.length - 2) return false;
  const r = derInteger(signature, 2);
  const s = r === null ? null : derInteger(signature, r.end);
  return s?.end === signature.length && s.value > 0n && s.value <= P256_HALF_ORDER;
}

function derInteger(bytes: Uint8Array, at: number): { value: bigint; end: number } | null {
  const length = bytes[at + 1];
  if (bytes[at] !== 0x02 || length === undefined || length === 0 || length > 33) return null;
  const digits = bytes.subarray(at + 2, at + 2 + length);
  const [first = 0x80, second = 0x80] = digits;
  const isPadded = length > 1 && first === 0 && second < 0x80;
  if (digits.length !== length || first >= 0x80 || isPadded) return null;
  return { value: BigInt(`0x${Buffer.from(digits).toString('hex')}`), end: at + 2 + length };
}
