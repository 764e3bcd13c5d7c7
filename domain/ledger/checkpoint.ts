import { concatBytes, decodeBase64, decodeHex, encodeBase64, equalBytes, utf8 } from './bytes.ts';
import { LedgerFormatError } from './format-error.ts';
import { rawPublicKey } from './trust.ts';
import type { Sha256, SignatureAlgorithm, TrustedKey } from './trust.ts';

/**
 * How far the ledger went, in few enough bytes to mail: a C2SP tlog-checkpoint as a signed note.
 * There is no Merkle tree: the hash is the head payload's, and the chain does the rest.
 */
export interface Checkpoint {
  readonly ledger: string;
  /** Number of manifests: seq of the head + 1. */
  readonly size: number;
  /** sha256 hex of the head's payload bytes. */
  readonly headSha256: string;
}

export interface NoteSignature {
  readonly name: string;
  /** First four bytes of the key's C2SP id. */
  readonly keyHash: Uint8Array;
  readonly sig: Uint8Array;
}

export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The signed text, with its last line feed. */
  readonly body: string;
  readonly signatures: readonly NoteSignature[];
}

/** Whoever can sign and show the public key, such as the Ed25519 signer. */
export interface CheckpointSigner {
  readonly alg: SignatureAlgorithm;
  /** SubjectPublicKeyInfo DER. */
  readonly publicKeySpki: Uint8Array;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

const KEY_HASH_BYTES = 4;
const ED25519_TYPE = Uint8Array.of(0x01);
const BODY = /^([A-Za-z0-9][A-Za-z0-9._/-]{0,99})\n([1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n$/;
const SIGNATURE_LINE = /^— ([^ +\n]+) ([A-Za-z0-9+/]+={0,2})$/;

/** `checkpoint-000000000043.txt`: the newest name sorts last. */
export function checkpointName(size: number): string {
  return `checkpoint-${size.toString().padStart(12, '0')}.txt`;
}

/** Signs a checkpoint and writes its file, to be kept where the ledger's operator cannot write. */
export async function sealCheckpoint(
  checkpoint: Checkpoint,
  signer: CheckpointSigner,
  sha256: Sha256,
): Promise<Uint8Array> {
  const { ledger, size, headSha256 } = checkpoint;
  const body = `${ledger}\n${size}\n${encodeBase64(decodeHex(headSha256))}\n`;
  const sig = await signer.sign(utf8(body));
  const spki = encodeBase64(signer.publicKeySpki);
  const keyHash = noteKeyHash(ledger, { alg: signer.alg, spki }, sha256);
  const file = utf8(`${body}\n— ${ledger} ${encodeBase64(concatBytes(keyHash, sig))}\n`);
  parseCheckpoint(file);
  return file;
}

/**
 * Reads a checkpoint; verifies nothing.
 *
 * @throws LedgerFormatError if it is not three lines, a blank line and at least one signature line.
 */
export function parseCheckpoint(bytes: Uint8Array): SignedCheckpoint {
  const text = decodeText(bytes);
  const split = text.indexOf('\n\n');
  const body = text.slice(0, split + 1);
  const [, ledger = '', size = '', head = ''] = BODY.exec(body) ?? [];
  if (split < 0 || ledger === '') {
    throw new LedgerFormatError(
      `checkpoint: got ${JSON.stringify(text.slice(0, 80))}, expected ledger, size and head hash`,
    );
  }
  if (!text.endsWith('\n')) {
    throw new LedgerFormatError('checkpoint: got no line feed at the end, expected one');
  }
  const signatures = text
    .slice(split + 2, -1)
    .split('\n')
    .map(parseSignatureLine);
  const headSha256 = Array.from(decodeBase64(head), (byte) => byte.toString(16).padStart(2, '0'));
  return {
    checkpoint: { ledger, size: Number(size), headSha256: headSha256.join('') },
    body,
    signatures,
  };
}

/** The signatures of a checkpoint that claim to be by this key. */
export function signaturesBy(
  { checkpoint, signatures }: SignedCheckpoint,
  key: TrustedKey,
  sha256: Sha256,
): readonly NoteSignature[] {
  const keyHash = noteKeyHash(checkpoint.ledger, key, sha256);
  return signatures.filter(
    (signature) => signature.name === checkpoint.ledger && equalBytes(signature.keyHash, keyHash),
  );
}

/**
 * C2SP signed-note: an Ed25519 key is known by SHA-256(name, LF, 0x01, public key); an ECDSA key by
 * SHA-256 of its SPKI DER, as transparency logs that sign with P-256 have it. Four bytes of either.
 */
function noteKeyHash(
  name: string,
  key: Pick<TrustedKey, 'spki' | 'alg'>,
  sha256: Sha256,
): Uint8Array {
  const id =
    key.alg === 'Ed25519'
      ? concatBytes(utf8(`${name}\n`), ED25519_TYPE, rawPublicKey(key))
      : decodeBase64(key.spki);
  return decodeHex(sha256(id)).subarray(0, KEY_HASH_BYTES);
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name, blob] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === undefined || blob === undefined) {
    throw new LedgerFormatError(
      `checkpoint: got ${JSON.stringify(line.slice(0, 80))}, expected "— name base64"`,
    );
  }
  const bytes = decodeBase64(blob);
  if (bytes.length <= KEY_HASH_BYTES) {
    throw new LedgerFormatError(`checkpoint: got ${bytes.length} bytes, expected a signature`);
  }
  return { name, keyHash: bytes.slice(0, KEY_HASH_BYTES), sig: bytes.slice(KEY_HASH_BYTES) };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new LedgerFormatError('checkpoint: got bytes that are not UTF-8, expected UTF-8');
  }
}
