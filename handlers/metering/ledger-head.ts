import { parseEnvelope } from '../../domain/ledger/dsse.ts';
import { parseManifest } from '../../domain/ledger/manifest-form.ts';
import { manifestPath, seqOfManifestPath } from '../../domain/ledger/manifest.ts';
import type { Manifest } from '../../domain/ledger/manifest.ts';
import { parseInstant } from '../../domain/instant.ts';
import type { Codec, ObjectStore } from '../ports.ts';

/** The newest manifest of the ledger. */
export interface LedgerHead {
  readonly seq: number;
  /** sha256 hex of its payload bytes: the `prev` of the next one. */
  readonly payloadSha256: string;
  readonly manifest: Manifest;
  /** End of its window, exclusive: the first hour that may still be sealed. */
  readonly sealedEndMs: number;
}

interface LedgerPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
}

/** Reads the newest manifest; undefined while the ledger is empty. */
export async function readHead({ objects, codec }: LedgerPorts): Promise<LedgerHead | undefined> {
  const seqs = (await objects.list('manifests/')).flatMap(
    ({ key }) => seqOfManifestPath(key) ?? [],
  );
  const seq = seqs.at(-1);
  if (seq === undefined) return undefined;
  const { payload, manifest } = await readManifest(objects, seq);
  const sealedEndMs = parseInstant(manifest.statement.window.end);
  return { seq, payloadSha256: codec.sha256(payload), manifest, sealedEndMs };
}

/** Manifests whose window ends after `sinceMs`, newest first. */
export async function readManifestsSince(
  ports: LedgerPorts,
  sinceMs: number,
): Promise<readonly Manifest[]> {
  const head = await readHead(ports);
  if (!head) return [];
  const manifests: Manifest[] = [];
  for (let { seq, manifest } = head; ;) {
    if (parseInstant(manifest.statement.window.end) <= sinceMs) break;
    manifests.push(manifest);
    if (seq === 0) break;
    seq -= 1;
    ({ manifest } = await readManifest(ports.objects, seq));
  }
  return manifests;
}

/** Manifests from one on, oldest first. */
export async function* readManifestsFrom(
  ports: LedgerPorts,
  fromSeq: number,
): AsyncGenerator<Manifest> {
  const head = await readHead(ports);
  for (let seq = fromSeq; head && seq <= head.seq; seq += 1) {
    yield (await readManifest(ports.objects, seq)).manifest;
  }
}

async function readManifest(
  objects: ObjectStore,
  seq: number,
): Promise<{ payload: Uint8Array; manifest: Manifest }> {
  const { payload } = parseEnvelope(await objects.get(manifestPath(seq)));
  return { payload, manifest: parseManifest(payload) };
}
