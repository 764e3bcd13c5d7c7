import { parseCheckpoint, signaturesBy } from './checkpoint.ts';
import type { SignedCheckpoint } from './checkpoint.ts';
import { utf8 } from './bytes.ts';
import type { TrustFile } from './trust.ts';
import { maySignAt } from './trust.ts';
import type { Verification } from './verification.ts';

/** A checkpoint file, by the name that findings call it. */
export interface CheckpointFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The payload hash of each manifest by seq; null or absent where none could be read. */
export interface ChainHashes {
  readonly size: number;
  readonly payloadSha256: ReadonlyMap<number, string>;
}

/** Checks that the ledger still begins with everything that each checkpoint saw. */
export async function verifyCheckpoints(
  verification: Verification,
  checkpoints: readonly CheckpointFile[],
  chain: ChainHashes,
): Promise<void> {
  if (checkpoints.length === 0) {
    const message = 'tail not proven: without a checkpoint kept elsewhere, lost ends go unseen';
    verification.report('no-checkpoint', { seq: null }, message);
  }
  for (const { name, bytes } of checkpoints) {
    const place = { seq: null, path: name };
    const signed = await verification.guard('checkpoint', place, () => parseCheckpoint(bytes));
    if (signed === undefined) continue;
    verifyOrigin(verification, signed, name);
    verifyHead(verification, { signed, name }, chain);
  }
}

function verifyOrigin(verification: Verification, signed: SignedCheckpoint, name: string): void {
  const { ledger, size } = signed.checkpoint;
  const place = { seq: size - 1, path: name };
  if (verification.ledger !== null && ledger !== verification.ledger) {
    const message = `got ledger ${ledger}, expected ${verification.ledger}`;
    verification.report('checkpoint-origin', place, message);
    return;
  }
  if (verification.trust === null) return;
  const fault = signatureFault(verification, verification.trust, signed);
  if (fault !== null) verification.report('checkpoint-signature', place, fault);
}

/** Signatures of keys we do not know are of no account; those of known keys must all hold. */
function signatureFault(
  { crypto }: Verification,
  trust: TrustFile,
  signed: SignedCheckpoint,
): string | null {
  const head = signed.checkpoint.size - 1;
  const body = utf8(signed.body);
  let known = 0;
  for (const key of trust.keys) {
    for (const { sig } of signaturesBy(signed, key, crypto.sha256)) {
      if (!maySignAt(key, head)) return `got ${key.status} key ${key.keyid}, not valid at ${head}`;
      if (!crypto.verifySignature(key, body, sig)) {
        return `got a signature that key ${key.keyid} did not make`;
      }
      known += 1;
    }
  }
  return known > 0 ? null : 'got no signature by a trusted key, expected at least one';
}

function verifyHead(
  verification: Verification,
  { signed, name }: { readonly signed: SignedCheckpoint; readonly name: string },
  { size, payloadSha256 }: ChainHashes,
): void {
  const { checkpoint } = signed;
  const seq = checkpoint.size - 1;
  const place = { seq, path: name };
  if (checkpoint.size > size) {
    const message = `got a ledger of ${size} manifests, expected at least ${checkpoint.size}`;
    verification.report('checkpoint-future', place, message);
    return;
  }
  const got = payloadSha256.get(seq) ?? 'none that can be read';
  if (got === checkpoint.headSha256) return;
  const message = `manifest ${seq}: got payload ${got}, expected ${checkpoint.headSha256}`;
  verification.report('checkpoint-mismatch', place, message);
}
