import { MANIFEST_PAYLOAD_TYPE, parseEnvelope, preAuthEncoding } from './dsse.ts';
import type { Envelope } from './dsse.ts';
import { manifestPath, seqOfManifestPath } from './manifest.ts';
import type { Manifest, ManifestWindow } from './manifest.ts';
import { parseManifest } from './manifest-form.ts';
import { maySignAt } from './trust.ts';
import { differenceOf } from './verification.ts';
import type { Verification } from './verification.ts';

/** A manifest is some kB; more than this is an attack on the verifier's memory. */
const MANIFEST_BYTES_MAX = 64 * 2 ** 20;

/** One manifest as it was found. */
export interface ChainLink {
  readonly seq: number;
  /** Null if no payload could be read. */
  readonly payloadSha256: string | null;
  /** Null unless its signature, form, name and ledger are right: nothing else in it is believed. */
  readonly manifest: Manifest | null;
}

/**
 * Walks the manifests in order, checking each and its joint to the one before. Missing ones are
 * reported and left out.
 */
export async function* walkChain(verification: Verification): AsyncGenerator<ChainLink> {
  let previous: ChainLink | null = null;
  let expected = 0;
  for (const seq of manifestSequence(verification)) {
    if (seq > expected) reportMissing(verification, expected, seq - 1);
    const link = await readLink(verification, seq);
    // After a hole there is nothing to compare with; the hole itself is reported.
    checkJoint(verification, link, seq > expected ? null : previous);
    yield link;
    previous = link;
    expected = seq + 1;
  }
}

/** The sequence numbers that are there, in order. */
function manifestSequence(verification: Verification): readonly number[] {
  const present: number[] = [];
  for (const { path, kind } of verification.entries.values()) {
    if (!path.startsWith('manifests/') && path !== 'manifests') continue;
    const seq = seqOfManifestPath(path);
    if (seq === null) {
      const message = 'got a file that is no manifest, expected only NNNNNNNNNNNN.dsse.json';
      verification.report('stray-manifest', { seq, path }, message);
    } else {
      present.push(seq);
      if (kind !== 'file') {
        verification.report('not-a-file', { seq, path }, `got a ${kind}, expected a regular file`);
      }
    }
  }
  return present.sort((left, right) => left - right);
}

function reportMissing(verification: Verification, first: number, last: number): void {
  const which = first === last ? `manifest ${first}` : `manifests ${first} to ${last}`;
  const place = { seq: first, path: manifestPath(first) };
  verification.report('missing-manifest', place, `${which}: got nothing, expected a file each`);
}

async function readLink(verification: Verification, seq: number): Promise<ChainLink> {
  const path = manifestPath(seq);
  const nothing = { seq, payloadSha256: null, manifest: null };
  const entry = verification.entries.get(path);
  if (entry?.kind !== 'file') return nothing;
  if (entry.bytes > MANIFEST_BYTES_MAX) {
    const message = `got ${entry.bytes} bytes, expected at most ${MANIFEST_BYTES_MAX}`;
    verification.report('envelope', { seq, path }, message);
    return nothing;
  }
  const envelope = await verification.guard('envelope', { seq, path }, async () =>
    parseEnvelope(await verification.files.read(path)),
  );
  if (envelope === undefined) return nothing;
  const payloadSha256 = verification.crypto.sha256(envelope.payload);
  const manifest = isSigned(verification, envelope, seq)
    ? await readManifest(verification, envelope, seq)
    : null;
  return { seq, payloadSha256, manifest };
}

/** Verify first, parse after: only signed bytes are ever read as a manifest. */
function isSigned(verification: Verification, envelope: Envelope, seq: number): boolean {
  const place = { seq, path: manifestPath(seq) };
  const { payload, payloadType, signatures } = envelope;
  if (payloadType !== MANIFEST_PAYLOAD_TYPE) {
    const got = JSON.stringify(payloadType.slice(0, 80));
    verification.report('envelope', place, `got type ${got}, expected ${MANIFEST_PAYLOAD_TYPE}`);
    return false;
  }
  const [signature] = signatures;
  if (signature === undefined || signatures.length !== 1) {
    const message = `got ${signatures.length} signatures, expected exactly one`;
    verification.report('signature', place, message);
    return false;
  }
  if (verification.trust === null) return true;
  const key = verification.trust.keys.find(({ keyid }) => keyid === signature.keyid);
  if (key === undefined) {
    verification.report('unknown-key', place, `got key ${signature.keyid}, expected a trusted one`);
    return false;
  }
  if (!maySignAt(key, seq)) {
    const range = `${key.from_seq} to ${key.to_seq ?? 'any'}`;
    const message = `got a signature by ${key.status} key ${key.keyid}, valid for ${range} only`;
    verification.report('key-not-valid', place, message);
    return false;
  }
  const message = preAuthEncoding(payloadType, payload);
  if (verification.crypto.verifySignature(key, message, signature.sig)) return true;
  verification.report('signature', place, `got one that key ${key.keyid} did not make`);
  return false;
}

async function readManifest(
  verification: Verification,
  { payload }: Envelope,
  seq: number,
): Promise<Manifest | null> {
  const place = { seq, path: manifestPath(seq) };
  const manifest = await verification.guard('manifest-schema', place, () => parseManifest(payload));
  if (manifest === undefined) return null;
  if (manifest.seq !== seq) {
    const message = `got manifest ${manifest.seq}, expected ${seq} as the file is named`;
    verification.report('manifest-name', place, message);
    return null;
  }
  verification.ledger ??= manifest.ledger;
  if (manifest.ledger !== verification.ledger) {
    const message = `got ledger ${manifest.ledger}, expected ${verification.ledger}`;
    verification.report('ledger-mismatch', place, message);
    return null;
  }
  return manifest;
}

/** Checks a manifest against the one before it; `previous` is null where that is not known. */
function checkJoint(
  verification: Verification,
  { seq, manifest }: ChainLink,
  previous: ChainLink | null,
): void {
  if (manifest === null) return;
  const place = { seq, path: manifestPath(seq) };
  const { window } = manifest.statement;
  const fault = prevFault(seq, manifest.prev, previous);
  if (fault !== null) verification.report('prev-mismatch', place, fault);
  const gap = seq === 0 ? genesisGap(window) : jointGap(window, previous?.manifest ?? null);
  if (gap !== null) verification.report('window-continuity', place, gap);
}

function prevFault(seq: number, prev: string | null, previous: ChainLink | null): string | null {
  if (seq === 0) return differenceOf(prev, null);
  if (prev === null) return 'got null, expected the hash of the manifest before';
  return differenceOf(prev, previous?.payloadSha256 ?? prev);
}

function genesisGap({ empty_from }: ManifestWindow): string | null {
  return empty_from === null ? null : `got empty_from ${empty_from} in the first, expected null`;
}

function jointGap({ start, empty_from }: ManifestWindow, previous: Manifest | null): string | null {
  const end = previous?.statement.window.end;
  const from = empty_from ?? start;
  if (end === undefined || end === from) return null;
  return `got a window from ${from}, expected it to begin at ${end} where the last one ended`;
}
