import { verdictOf } from './finding.ts';
import type { Finding, Verdict } from './finding.ts';
import type { LedgerEntry, LedgerFiles } from './ledger-files.ts';
import type { TrustFile } from './trust.ts';
import { Verification } from './verification.ts';
import type { LedgerCrypto } from './verification.ts';
import { walkChain } from './verify-chain.ts';
import { verifyCheckpoints } from './verify-checkpoints.ts';
import type { CheckpointFile } from './verify-checkpoints.ts';
import { verifyFiles } from './verify-files.ts';
import { Listing } from './verify-folders.ts';

/** What there is to verify, and by whose word. */
export interface LedgerEvidence {
  readonly files: LedgerFiles;
  /** Null: signatures are not checked, and the verdict says the evidence is incomplete. */
  readonly trust: TrustFile | null;
  readonly checkpoints: readonly CheckpointFile[];
  /** Manifests whose files are read, both ends inclusive. The chain is always read whole. */
  readonly range?: { readonly from: number; readonly to: number };
}

export interface VerifyProgress {
  /** Manifests done. */
  readonly done: number;
  readonly total: number;
}

/** What a verifier found. */
export interface VerifyReport {
  readonly verdict: Verdict;
  readonly ledger: string | null;
  /** Manifests that are there. */
  readonly manifests: number;
  /** Listed files that were checked. */
  readonly files: number;
  readonly checkpoints: number;
  /** The last manifest, if it could be read. */
  readonly head: { readonly seq: number; readonly sha256: string } | null;
  readonly findings: readonly Finding[];
}

/**
 * Verifies a ledger and every file it lists, offline. Reads only; what it cannot vouch for is a
 * finding, never an exception.
 */
export async function verifyLedger(
  evidence: LedgerEvidence,
  crypto: LedgerCrypto,
  onProgress: (progress: VerifyProgress) => void = () => undefined,
): Promise<VerifyReport> {
  const { files, trust, checkpoints } = evidence;
  const entries = await inventory(files);
  const verification = new Verification({ files, entries }, trust, crypto);
  if (trust === null) {
    const message = 'got no trust file, expected one: signatures were not checked';
    verification.report('no-trust', { seq: null }, message);
  }
  const walked = await verifyManifests(verification, evidence, onProgress);
  const chain = { size: walked.lastSeq + 1, payloadSha256: walked.hashes };
  await verifyCheckpoints(verification, checkpoints, chain);

  const headSha256 = walked.hashes.get(walked.lastSeq);
  return {
    verdict: verdictOf(verification.findings),
    ledger: verification.ledger,
    manifests: walked.manifests,
    files: walked.files,
    checkpoints: checkpoints.length,
    head: headSha256 === undefined ? null : { seq: walked.lastSeq, sha256: headSha256 },
    findings: verification.findings,
  };
}

async function inventory(files: LedgerFiles): Promise<ReadonlyMap<string, LedgerEntry>> {
  const entries = new Map<string, LedgerEntry>();
  for await (const entry of files.list()) entries.set(entry.path, entry);
  return entries;
}

async function verifyManifests(
  verification: Verification,
  { range = { from: 0, to: Infinity } }: LedgerEvidence,
  onProgress: (progress: VerifyProgress) => void,
) {
  const walked = { manifests: 0, files: 0, lastSeq: -1, hashes: new Map<number, string>() };
  const listing = new Listing();
  const bookDigests = new Map<string, string>();
  const total = [...verification.entries.keys()].filter((path) => path.startsWith('manifests/'));
  for await (const { seq, payloadSha256, manifest } of walkChain(verification)) {
    walked.manifests += 1;
    walked.lastSeq = seq;
    if (payloadSha256 !== null) walked.hashes.set(seq, payloadSha256);
    if (manifest !== null) {
      listing.add(verification, manifest);
      if (seq >= range.from && seq <= range.to) {
        walked.files += await verifyFiles(verification, manifest, bookDigests);
      }
    }
    onProgress({ done: walked.manifests, total: total.length });
  }
  if (walked.manifests === 0) {
    verification.report('no-manifests', { seq: null }, 'got no manifest, expected at least one');
  }
  listing.verifyFolders(verification);
  return walked;
}
