import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { threadId } from 'node:worker_threads';
import type { FileLines, FileSummary } from './journal-summary.ts';

/** A journal file as it was at one look: its version changes with its bytes. */
interface FileVersion {
  readonly name: string;
  readonly version: string;
}

/**
 * What one thread learnt of a journal file, kept as files for the other threads of a run: a file is
 * read once, and nobody holds more of it in memory than is asked for.
 *
 * @param folder - of this run and of no other; without one nothing is kept.
 */
export function openKeptIndexes(folder: string | undefined) {
  function pathOf({ name, version }: FileVersion, kind: 'sums' | 'lines'): string {
    return join(folder ?? '', `${name}-${version.replace(' ', '-')}.${kind}`);
  }

  function read(file: FileVersion, kind: 'sums' | 'lines'): unknown {
    if (folder === undefined) return undefined;
    const path = pathOf(file, kind);
    return existsSync(path) ? deserialize(readFileSync(path)) : undefined;
  }

  function write(file: FileVersion, kind: 'sums' | 'lines', value: unknown): void {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    // Whole or not at all: another thread may look for it at any moment.
    const draft = join(folder, `draft-${process.pid}-${threadId}`);
    writeFileSync(draft, serialize(value));
    renameSync(draft, pathOf(file, kind));
  }

  return {
    has: (file: FileVersion): boolean => folder !== undefined && existsSync(pathOf(file, 'sums')),
    summary: (file: FileVersion) => read(file, 'sums') as FileSummary | undefined,
    lines: (file: FileVersion) => read(file, 'lines') as FileLines | undefined,

    /** The sums last: who finds them finds the lines too. */
    put(file: FileVersion, summary: FileSummary, lines: FileLines): void {
      write(file, 'lines', lines);
      write(file, 'sums', summary);
    },
  };
}
