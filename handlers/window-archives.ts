import type { LoggedLine } from '../domain/accept-lines.ts';
import type { ManifestInputs } from '../domain/ledger/manifest.ts';
import { encodeLines } from '../domain/line-archive.ts';
import { partitionOf } from '../domain/window.ts';
import type { Window } from '../domain/window.ts';
import type { Codec, ObjectStore } from './ports.ts';
import { workFolder } from './work-folder.ts';

interface ArchivePorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
}

/** The accepted lines, sorted, one a row: a replay needs nothing else and outlives the log. */
export async function archiveInputs(
  { objects, codec }: ArchivePorts,
  window: Window,
  lines: readonly LoggedLine[],
): Promise<Pick<ManifestInputs, 'path' | 'sha256' | 'rows'>> {
  if (lines.length === 0) return { path: null, sha256: null, rows: 0 };
  const bytes = await codec.compressTexts(pagesOf(lines));
  const sha256 = codec.sha256(bytes);
  const path = `inputs/${partitionOf(window)}/lines-${sha256}.ndjson.zst`;
  await objects.putOnce(path, bytes);
  return { path, sha256, rows: lines.length };
}

const PAGE_LINES = 2000;

function* pagesOf(lines: readonly LoggedLine[]): Generator<string> {
  for (let from = 0; from < lines.length; from += PAGE_LINES) {
    const page = lines.slice(from, from + PAGE_LINES);
    yield `${page.map(({ text }) => text).join('\n')}\n`;
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
