import { identifyAgain, identityIn } from '../../domain/accept-lines.ts';
import type { IdentifiedLine } from '../../domain/accept-lines.ts';
import { batchOf, linesOfText } from '../../domain/line-batch.ts';
import type { LoggedLine } from '../../domain/packed-lines.ts';
import type { Manifest } from '../../domain/ledger/manifest.ts';
import { LineReader } from '../../domain/read-line.ts';
import type { ReadLine } from '../../domain/read-line.ts';
import { identityOf } from '../../domain/usage-event.ts';
import type { Codec, ObjectStore, QueryEngine } from '../ports.ts';
import { isRepriceOrder } from './reprice-order.ts';
import { readArchive } from '../metering/window-lines.ts';

interface SealedCallPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly sql: QueryEngine;
}

/** A call whose row a manifest sealed, as its line has it. */
export interface SealedCall {
  readonly kind: 'call' | 'late';
  readonly read: ReadLine & { readonly ok: true };
}

/**
 * Calls that one manifest made rows of, from its archives; their MACs were checked when they were
 * sealed.
 *
 * @param own - also those of the window itself, not only the late ones.
 */
export async function* readSealedCalls(
  ports: SealedCallPorts,
  manifest: Manifest,
  own: boolean,
): AsyncGenerator<SealedCall> {
  const reader = new LineReader();
  const lines = await sealedLines(ports, manifest, own);
  for (const kind of ['call', 'late'] as const) {
    for (const line of lines[kind]) {
      const read = reader.read(line);
      // A line whose content does not hold went into quarantine when it was rated.
      if (read.ok) yield { kind, read };
    }
  }
}

/** The lines themselves, those whose content does not hold included. */
export async function sealedLines(
  ports: SealedCallPorts,
  { statement }: Manifest,
  own: boolean,
): Promise<Readonly<Record<SealedCall['kind'], readonly IdentifiedLine[]>>> {
  const call = own ? await acceptedLines(ports, statement) : [];
  return { call, late: await lateLines(ports, statement) };
}

async function acceptedLines(
  { objects, codec }: SealedCallPorts,
  { inputs }: Manifest['statement'],
): Promise<readonly IdentifiedLine[]> {
  if (inputs.path === null) return [];
  return identifyAgain(linesOfText(codec.decompress(await objects.get(inputs.path))));
}

/** Late lines that became rows: each identity once, without those put into quarantine. */
async function lateLines(
  ports: SealedCallPorts,
  { inputs, quarantine }: Manifest['statement'],
): Promise<readonly IdentifiedLine[]> {
  const archives = inputs.late.filter(({ path }) => !isRepriceOrder(path));
  if (archives.length === 0) return [];
  const refused = quarantine ? await refusedDigests(ports.sql, quarantine.path) : new Set();
  const lines = new Map<string, LoggedLine>();
  for (const { path } of archives) {
    for (const line of await readArchive(ports, path)) {
      const identity = identityIn(line.text);
      const isRefused = refused.has(ports.codec.sha256(line.text));
      if (identity && !isRefused) lines.set(identityOf(identity), line);
    }
  }
  return identifyAgain(batchOf([...lines.values()]));
}

async function refusedDigests(sql: QueryEngine, path: string): Promise<Set<unknown>> {
  const run = /\/run=([0-9a-f]{16})\//.exec(path)?.[1] ?? '';
  const rows = await sql.rows('SELECT line_sha256 FROM quarantine WHERE run = :run', { run });
  return new Set(rows.flatMap(({ line_sha256: digest }) => digest ?? []));
}
