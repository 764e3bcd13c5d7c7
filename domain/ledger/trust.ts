import { decodeBase64 } from './bytes.ts';
import { canonicalBytes, parseStrictJson } from './canonical-json.ts';
import { ledgerName } from './manifest-form.ts';
import * as shape from './shape.ts';

/** How a key signs. Bound to the key by the trust file, never read from an envelope. */
export const SIGNATURE_ALGORITHMS = ['Ed25519', 'ECDSA_P256_SHA256'] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

export const KEY_STATUSES = ['active', 'retired', 'compromised'] as const;
export type KeyStatus = (typeof KEY_STATUSES)[number];

export interface TrustedKey {
  /** sha256 hex of the SPKI DER. */
  readonly keyid: string;
  /** SubjectPublicKeyInfo DER, base64. */
  readonly spki: string;
  readonly alg: SignatureAlgorithm;
  readonly from_seq: number;
  /** The last manifest it may sign; null while it is active. */
  readonly to_seq: number | null;
  readonly status: KeyStatus;
}

/** Whom an auditor believes. Its own hash reaches the auditor by another way than the ledger. */
export interface TrustFile {
  readonly ledger: string;
  readonly keys: readonly TrustedKey[];
}

/** Digest passed in, because this floor has no crypto: sha256, lower-case hex. */
export type Sha256 = (bytes: Uint8Array) => string;

/** What SubjectPublicKeyInfo of each algorithm starts with, and how long it is. */
const SPKI_FORM: Readonly<Record<SignatureAlgorithm, readonly [prefix: string, bytes: number]>> = {
  Ed25519: ['302a300506032b6570032100', 44],
  ECDSA_P256_SHA256: ['3059301306072a8648ce3d020106082a8648ce3d03010703420004', 91],
};

const TRUST = shape.objectOf<TrustFile>({
  ledger: ledgerName,
  keys: shape.arrayOf(
    shape.objectOf<TrustedKey>({
      keyid: shape.sha256Hex,
      spki: shape.text(/^[\x20-\x7e]{1,400}$/, 'base64'),
      alg: shape.oneOf(...SIGNATURE_ALGORITHMS),
      from_seq: shape.integer(),
      to_seq: shape.nullable(shape.integer()),
      status: shape.oneOf(...KEY_STATUSES),
    }),
  ),
});

/**
 * Reads a trust file. White space is allowed: people edit it.
 *
 * @throws LedgerFormatError if a key's id is not the hash of its SPKI, its SPKI is not of its
 * algorithm, a key appears twice, or a key that is not active has no last manifest.
 */
export function parseTrust(bytes: Uint8Array, sha256: Sha256): TrustFile {
  const trust = TRUST(parseStrictJson(bytes), 'trust');
  const seen = new Set<string>();
  trust.keys.forEach((key, index) => {
    checkKey(key, { at: `trust.keys[${index}]`, sha256 });
    if (seen.has(key.keyid)) {
      throw shape.refuse(`trust.keys[${index}].keyid`, key.keyid, 'each key once');
    }
    seen.add(key.keyid);
  });
  return trust;
}

/** Writes a trust file, canonical. */
export function encodeTrust(trust: TrustFile): Uint8Array {
  return canonicalBytes(TRUST(trust, 'trust'));
}

/** A trust file of one active key that may sign everything. */
export function trustOneKey(
  ledger: string,
  key: Pick<TrustedKey, 'keyid' | 'spki' | 'alg'>,
): TrustFile {
  const { keyid, spki, alg } = key;
  return { ledger, keys: [{ keyid, spki, alg, from_seq: 0, to_seq: null, status: 'active' }] };
}

/** May this key sign the manifest `seq`? */
export function maySignAt({ from_seq, to_seq }: TrustedKey, seq: number): boolean {
  return seq >= from_seq && (to_seq === null || seq <= to_seq);
}

/** The public key itself: 32 bytes for Ed25519, the 65 of an uncompressed point for P-256. */
export function rawPublicKey({ spki, alg }: Pick<TrustedKey, 'spki' | 'alg'>): Uint8Array {
  return decodeBase64(spki).subarray(alg === 'Ed25519' ? -32 : -65);
}

function checkKey(key: TrustedKey, { at, sha256 }: { at: string; sha256: Sha256 }): void {
  const der = decodeBase64(key.spki);
  const [prefix, length] = SPKI_FORM[key.alg];
  const hex = Array.from(der, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (!hex.startsWith(prefix) || der.length !== length) {
    throw shape.refuse(`${at}.spki`, key.spki, `a public key for ${key.alg}`);
  }
  if (sha256(der) !== key.keyid) {
    throw shape.refuse(`${at}.keyid`, key.keyid, `the sha256 of its spki, ${sha256(der)}`);
  }
  if (key.to_seq !== null && key.to_seq < key.from_seq) {
    throw shape.refuse(`${at}.to_seq`, key.to_seq, `null or at least ${key.from_seq}`);
  }
  if (key.status !== 'active' && key.to_seq === null) {
    throw shape.refuse(`${at}.to_seq`, key.to_seq, `the last manifest of a ${key.status} key`);
  }
}
