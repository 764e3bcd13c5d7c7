import { spanOf } from '../../domain/line-batch.ts';
import type { LineRange } from '../../domain/line-batch.ts';
import type { IdentifiedLine } from '../../domain/accept-lines.ts';
import type { LoggedLine } from '../../domain/packed-lines.ts';
import type { ManifestInputs } from '../../domain/ledger/manifest.ts';
import { encodeLines } from '../../domain/line-archive.ts';
import { partitionOf } from '../../domain/window.ts';
import type { Window } from '../../domain/window.ts';
import type { Codec, ObjectStore } from '../ports.ts';
import { workFolder } from './work-folder.ts';

interface ArchivePorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
}

/** The archive of accepted lines in the making, sorted, one a row: a replay needs nothing else. */
export interface InputArchive {
  add(lines: readonly IdentifiedLine[]): Promise<void>;
  /** Nothing may be added any more. */
  end(): Promise<EndedArchive>;
}

/** An archive that is whole, and not written yet. */
export interface EndedArchive {
  /** As the manifest names it. */
  readonly file: Pick<ManifestInputs, 'path' | 'sha256' | 'rows'>;
  /** Writes it; it outlives the log. */
  put(): Promise<void>;
}

/** Begins the archive of a window. */
export function openInputArchive({ objects, codec }: ArchivePorts, window: Window): InputArchive {
  const compressor = codec.lineCompressor();
  let rows = 0;

  return {
    async add(lines) {
      for (const run of runsOf(lines)) compressor.add(spanOf(run));
      rows += lines.length;
      await compressor.ready();
    },
    async end() {
      const bytes = await compressor.end();
      if (rows === 0) {
        return { file: { path: null, sha256: null, rows }, put: () => Promise.resolve() };
      }
      const sha256 = codec.sha256(bytes);
      const path = `inputs/${partitionOf(window)}/lines-${sha256}.ndjson.zst`;
      return { file: { path, sha256, rows }, put: () => objects.putOnce(path, bytes) };
    },
  };
}

/** Lines that lie one behind the other, and so are bytes of the archive as they are. */
function* runsOf(lines: readonly IdentifiedLine[]): Generator<LineRange> {
  for (let next = 0; next < lines.length;) {
    const { batch, line: from } = lines[next] as IdentifiedLine;
    let to = from;
    for (; lines[next]?.batch === batch && lines[next]?.line === to; next += 1) to += 1;
    yield { batch, from, to };
  }
}

/** Archives of late lines, as the manifest that takes them in names them. */
export async function lateArchives(
  { objects, codec }: ArchivePorts,
  keys: readonly string[],
): Promise<ManifestInputs['late']> {
  const files = [];
  for (const path of keys) {
    const bytes = await objects.get(path);
    const rows = codec.decompressText(bytes).split('\n').length - 1;
    files.push({ path, sha256: codec.sha256(bytes), rows });
  }
  return files;
}

/** Lines that prove settlements which the store has lost; null if there are none. */
export async function archiveUnsettled(
  { objects, codec }: ArchivePorts,
  window: Window,
  lines: readonly LoggedLine[],
): Promise<string | null> {
  if (lines.length === 0) return null;
  const bytes = codec.compress(new TextEncoder().encode(encodeLines(lines)));
  const key = `${workFolder(window)}/unsettled-${codec.sha256(bytes)}.zst`;
  await objects.putOnce(key, bytes);
  return key;
}
