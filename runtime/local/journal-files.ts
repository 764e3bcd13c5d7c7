import { closeSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HOUR_MS } from '../../domain/instant.ts';
import type { EmissionRange } from '../../handlers/ports.ts';
import { indexJournalFile } from './journal-index.ts';
import type { JournalIndex } from './journal-index.ts';

const NAME = /^(\d{4}-\d{2}-\d{2}T\d{2})\.jsonl$/;
const KEPT_INDEXES = 4;

/** One journal file as it was when it was looked at. */
export interface JournalFile {
  readonly name: string;
  readonly size: number;
  /** Start of the hour of emission that the name says; null for a name we did not give. */
  readonly hourMs: number | null;
}

/** The journal's files and their indexes; a few indexes are kept, as windows overlap in files. */
export function openJournalFiles(folder: string) {
  const indexes = new Map<string, { readonly size: number; readonly index: JournalIndex }>();

  return {
    /** Files that can hold lines emitted in the range, oldest first. */
    inRange({ fromS, toS }: EmissionRange): JournalFile[] {
      const [fromMs, endMs] = [fromS * 1000 - HOUR_MS, toS * 1000 + HOUR_MS];
      return listFiles(folder).filter(
        ({ hourMs }) => hourMs === null || (hourMs + HOUR_MS > fromMs && hourMs <= endMs),
      );
    },

    indexOf({ name, size, hourMs }: JournalFile): JournalIndex {
      const known = indexes.get(name);
      if (known?.size === size) return known.index;
      const index = indexJournalFile(join(folder, name), hourMs);
      indexes.delete(name);
      indexes.set(name, { size, index });
      const oldest = indexes.keys().next().value;
      if (indexes.size > KEPT_INDEXES && oldest !== undefined) indexes.delete(oldest);
      return index;
    },

    /** Bytes `[start, end)` of a file. */
    read({ name }: JournalFile, start: number, end: number): Buffer {
      const bytes = Buffer.allocUnsafe(end - start);
      const fd = openSync(join(folder, name), 'r');
      try {
        let done = 0;
        for (let read = -1; done < bytes.length && read !== 0; done += read) {
          read = readSync(fd, bytes, done, bytes.length - done, start + done);
        }
        return bytes.subarray(0, done);
      } finally {
        closeSync(fd);
      }
    },
  };
}

export type JournalFiles = ReturnType<typeof openJournalFiles>;

function listFiles(folder: string): JournalFile[] {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return names
    .map(({ name }) => {
      const hour = NAME.exec(name)?.[1];
      const hourMs = hour === undefined ? null : Date.parse(`${hour}:00:00.000Z`);
      return { name, size: statSync(join(folder, name)).size, hourMs };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
