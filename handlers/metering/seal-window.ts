import * as z from 'zod/mini';
import { sealEnvelope, parseEnvelope } from '../../domain/ledger/dsse.ts';
import { encodeManifest, parseManifest } from '../../domain/ledger/manifest-form.ts';
import { MANIFEST_SCHEMA, manifestPath } from '../../domain/ledger/manifest.ts';
import type { FileDigest, Manifest, ManifestStatement } from '../../domain/ledger/manifest.ts';
import { canonicalJson } from '../../domain/ledger/canonical-json.ts';
import { formatInstant, isInstant } from '../../domain/instant.ts';
import { schemaText } from '../../domain/lake.ts';
import type { Window } from '../../domain/window.ts';
import { readHead, readManifestsSince } from './ledger-head.ts';
import type { LedgerHead } from './ledger-head.ts';
import { ObjectConflict } from '../ports.ts';
import type { Clock, Codec, ObjectStore, Signer, TableCodec } from '../ports.ts';
import { objectKey, parseInput, windowStart } from '../step-input.ts';
import { getResult } from './window-result.ts';
import type { Build, WindowResult } from './window-result.ts';

const SealInput = z.strictObject({
  start: windowStart,
  result: objectKey,
  emptyFrom: z.nullable(z.string().check(z.refine(isInstant, 'an instant'))),
  forced: z.nullable(z.strictObject({ reason: z.string(), by: z.string() })),
  started: z.string(),
  attempt: z.int(),
});

/** Who seals. */
export interface LedgerIdentity {
  /** Name of this ledger, as in the trust file. */
  readonly ledger: string;
  /** What ran it, for people. */
  readonly runner: string;
}

interface SealPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly tables: TableCodec;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly build: Build;
  readonly identity: LedgerIdentity;
}

export interface SealWindowOutput {
  readonly seq: number;
  readonly start: string;
  /** False when another run had sealed the very same statement before. */
  readonly sealed: boolean;
}

/** A file of the run is not what the run said, or the ledger moved on: nothing is sealed. */
export class SealRefused extends Error {
  override readonly name = 'SealRefused';
}

/**
 * State `SealWindow`: reads every file of the run once more, then puts the signed manifest. That one
 * conditional put is the commit; whoever loses a race over it changes nothing.
 */
export function createSealWindow(ports: SealPorts) {
  return async function sealWindow(input: unknown): Promise<SealWindowOutput> {
    const { start: window, result: key, ...facts } = parseInput(SealInput, input);
    const result = await getResult(ports.objects, key);
    const ties = result.controls.every(({ ok }) => ok);
    if (!ties && !facts.forced) throw new SealRefused(`window ${result.start}: does not tie`);
    const [head] = await Promise.all([readHead(ports), rereadFiles(ports, result)]);
    const statement = statementOf(ports, { window, result, emptyFrom: facts.emptyFrom });
    if (head && head.sealedEndMs > window.startMs) return sealedBefore(ports, window, statement);
    checkContinues(head, window, facts.emptyFrom);
    const seq = head ? head.seq + 1 : 0;
    const manifest: Manifest = {
      schema: MANIFEST_SCHEMA,
      ledger: ports.identity.ledger,
      seq,
      prev: head?.payloadSha256 ?? null,
      kind: ties ? 'window' : 'force',
      statement,
      evidence: {
        queries: result.queries,
        started: facts.started,
        sealed_at: formatInstant(ports.clock.now()),
        runner: ports.identity.runner,
        attempt: facts.attempt,
        host_skew_ms: 0,
        forced: ties ? null : facts.forced,
      },
    };
    return putManifest(ports, manifest);
  };
}

/** The files are read again by whoever signs, so that nobody signs what was never uploaded. */
async function rereadFiles({ objects, codec, tables }: SealPorts, result: WindowResult) {
  const others: FileDigest[] = [result.tenant_totals, result.price_book, ...result.inputs.late];
  if (result.quarantine) others.push(result.quarantine);
  if (result.inputs.path !== null && result.inputs.sha256 !== null) {
    others.push({ path: result.inputs.path, sha256: result.inputs.sha256 });
  }
  const reread = async ({ path, sha256 }: FileDigest, isWhole: (bytes: Uint8Array) => boolean) => {
    const found = await objects.get(path);
    if (codec.sha256(found) === sha256 && isWhole(found)) return;
    throw new SealRefused(`file ${path}: its bytes are not those that were written`);
  };
  await Promise.all([
    ...result.files.map((file) =>
      reread(file, (found) => {
        return found.length === file.bytes && tables.rowCount(found) === file.rows;
      }),
    ),
    ...others.map((file) => reread(file, () => true)),
  ]);
}

interface StatementFacts {
  readonly window: Window;
  readonly result: WindowResult;
  readonly emptyFrom: string | null;
}

function statementOf(
  { build, codec }: SealPorts,
  { window, result, emptyFrom }: StatementFacts,
): ManifestStatement {
  const { inputs, price_book, files, tenant_totals, quarantine, controls } = result;
  const { unpriced: _, ...totals } = result.totals;
  return {
    window: {
      start: result.start,
      end: formatInstant(window.endMs),
      revision: 0,
      empty_from: emptyFrom,
    },
    ...{ inputs, price_book, files, totals, tenant_totals, controls },
    code: { ...build },
    schema_sha256: codec.sha256(schemaText()),
    quarantine,
    adjustments: { rows: result.late.rows, cost_pusd: result.late.cost_pusd },
  };
}

/** The window was sealed before: by an equal run, which is fine, or by another, which wins. */
async function sealedBefore(
  ports: SealPorts,
  window: Window,
  statement: ManifestStatement,
): Promise<SealWindowOutput> {
  const { start } = statement.window;
  const manifests = await readManifestsSince(ports, window.startMs);
  const winner = manifests.find((manifest) => manifest.statement.window.start === start);
  if (!winner || canonicalJson(winner.statement) !== canonicalJson(statement)) {
    throw new SealRefused(`window ${start}: sealed already, from other inputs`);
  }
  return { seq: winner.seq, start, sealed: false };
}

function checkContinues(
  head: LedgerHead | undefined,
  window: Window,
  emptyFrom: string | null,
): void {
  if (!head) return;
  const from = emptyFrom ?? formatInstant(window.startMs);
  if (formatInstant(head.sealedEndMs) !== from) {
    throw new SealRefused(
      `window ${formatInstant(window.startMs)}: the ledger ends at ${formatInstant(head.sealedEndMs)}, expected ${from}`,
    );
  }
}

async function putManifest(ports: SealPorts, manifest: Manifest): Promise<SealWindowOutput> {
  const file = await sealEnvelope(encodeManifest(manifest), ports.signer);
  const { start } = manifest.statement.window;
  try {
    await ports.objects.putOnce(manifestPath(manifest.seq), file);
    return { seq: manifest.seq, start, sealed: true };
  } catch (error) {
    if (!(error instanceof ObjectConflict)) throw error;
    const { payload } = parseEnvelope(await ports.objects.get(manifestPath(manifest.seq)));
    const winner = parseManifest(payload);
    if (canonicalJson(winner.statement) === canonicalJson(manifest.statement)) {
      return { seq: manifest.seq, start, sealed: false };
    }
    throw new SealRefused(
      `manifest ${manifest.seq}: another run sealed ${winner.statement.window.start} first`,
    );
  }
}
