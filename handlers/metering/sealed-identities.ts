import { identityIn } from '../../domain/accept-lines.ts';
import { formatInstant, parseInstant } from '../../domain/instant.ts';
import type { Manifest } from '../../domain/ledger/manifest.ts';
import { identityOf } from '../../domain/usage-event.ts';
import { macFaultOf } from '../../domain/mac-fault.ts';
import type { LineMac } from '../../domain/usage-line.ts';
import type { Window } from '../../domain/window.ts';
import { lateFolder } from './late-lines.ts';
import { readManifestsSince } from './ledger-head.ts';
import type { Codec, ObjectStore, QueryEngine } from '../ports.ts';
import { readArchive } from './window-lines.ts';

interface SealedPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
}

/** Texts of a sealed window's accepted lines, and of late lines of it that were sealed since. */
export async function readSealedLines(ports: SealedPorts, window: Window): Promise<string[]> {
  const manifests = await readManifestsSince(ports, window.startMs);
  const texts: string[] = [];
  for (const { statement } of manifests) {
    if (parseInstant(statement.window.start) === window.startMs && statement.inputs.path) {
      const archive = ports.codec.decompressText(await ports.objects.get(statement.inputs.path));
      for (const text of archive.split('\n').slice(0, -1)) texts.push(text);
    }
    for (const { path } of lateOf(statement, window)) {
      const lines = await readArchive(ports, path);
      texts.push(...lines.map(({ text }) => text));
    }
  }
  return texts;
}

/**
 * Identities that a sealed window, or late lines of it that were sealed since, hold already: as rows,
 * or in quarantine because their lines contradict each other. A late line under a wrong MAC proves
 * nothing, so it cannot keep the right one out.
 */
export async function readSealedIdentities(
  ports: SealedPorts & { readonly mac: LineMac; readonly sql: QueryEngine },
  window: Window,
): Promise<ReadonlySet<string>> {
  const known = await heldIdentities(ports.sql, window);
  for (const text of await readSealedLines(ports, window)) {
    const identity = identityIn(text);
    if (identity && macFaultOf(text, ports.mac) === null) known.add(identityOf(identity));
  }
  return known;
}

async function heldIdentities(sql: QueryEngine, window: Window): Promise<Set<string>> {
  const rows = await sql.rows(
    `SELECT identity FROM quarantine
     WHERE reason = 'conflict' AND window_start = CAST(:start AS TIMESTAMP)`,
    { start: formatInstant(window.startMs).replace('T', ' ').replace('Z', '') },
  );
  return new Set(rows.flatMap(({ identity }) => identity ?? []));
}

function lateOf({ inputs }: Manifest['statement'], window: Window) {
  const folder = `${lateFolder(window)}/`;
  return inputs.late.filter(({ path }) => path.startsWith(folder));
}
