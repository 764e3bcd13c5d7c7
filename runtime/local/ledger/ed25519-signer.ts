import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { encodeTrust, trustOneKey } from '../../../domain/ledger/trust.ts';

/** A `Signer` that can also show its public key, for trust files and checkpoints. */
export interface Ed25519Signer {
  /** sha256 hex of the public key's SPKI DER. */
  readonly keyId: string;
  readonly alg: 'Ed25519';
  /** SubjectPublicKeyInfo DER. */
  readonly publicKeySpki: Uint8Array;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Other people of this machine can read the key. */
export class KeyFileExposed extends Error {
  override readonly name = 'KeyFileExposed';
}

/**
 * Opens the signing key (PEM, PKCS#8), made with mode 0600 if there is none. Two processes that
 * start at once end up with the same key.
 *
 * @throws KeyFileExposed if group or others may read an existing key.
 */
export function openEd25519Signer(keyFile: string): Ed25519Signer {
  const pem = readKey(keyFile) ?? createKey(keyFile);
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new TypeError(
      `${keyFile}: got a key of ${String(key.asymmetricKeyType)}, expected ed25519`,
    );
  }
  return signerOf(key);
}

/** A signer of a key that is at hand, such as a test vector's. */
export function signerOf(privateKey: KeyObject): Ed25519Signer {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    keyId: createHash('sha256').update(spki).digest('hex'),
    alg: 'Ed25519',
    publicKeySpki: new Uint8Array(spki),
    sign: (bytes) => Promise.resolve(new Uint8Array(sign(null, bytes, privateKey))),
  };
}

/** The bytes of a trust file in which this signer may sign every manifest of the ledger. */
export function createTrustFile(ledger: string, signer: Ed25519Signer): Uint8Array {
  const spki = Buffer.from(signer.publicKeySpki).toString('base64');
  return encodeTrust(trustOneKey(ledger, { keyid: signer.keyId, spki, alg: signer.alg }));
}

function readKey(keyFile: string): string | undefined {
  let mode: number;
  try {
    mode = statSync(keyFile).mode;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  // Windows has no such bits and reports them all set.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const got = (mode & 0o777).toString(8);
    throw new KeyFileExposed(`${keyFile}: got mode ${got}, expected 600 (chmod 600 ${keyFile})`);
  }
  return readFileSync(keyFile, 'utf8');
}

function createKey(keyFile: string): string {
  mkdirSync(dirname(keyFile), { recursive: true });
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${keyFile}.${process.pid}.tmp`;
  writeFileSync(draft, privateKey.export({ format: 'pem', type: 'pkcs8' }), {
    mode: 0o600,
    flush: true,
  });
  chmodSync(draft, 0o600);
  try {
    // Not a rename: whoever comes second must not replace a key that may have signed already.
    linkSync(draft, keyFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(keyFile, 'utf8');
}
