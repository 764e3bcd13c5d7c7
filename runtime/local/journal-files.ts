import { closeSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HOUR_MS, hourOf } from '../../domain/instant.ts';
import { windowTimeMs } from '../../domain/window.ts';
import type { EmissionRange } from '../../handlers/ports.ts';
import { indexJournalFile } from './journal-index.ts';
import type { JournalIndex } from './journal-index.ts';

const NAME = /^(\d{4}-\d{2}-\d{2}T\d{2})\.jsonl$/;
const KEPT_INDEXES = 4;

/** One journal file as it was when it was looked at. */
export interface JournalFile {
  readonly name: string;
  /** Changes when the file does. */
  readonly version: string;
  /** Start of the hour of emission that the name says; null for a name we did not give. */
  readonly hourMs: number | null;
}

/** The journal's files and their indexes; a few indexes are kept, as windows overlap in files. */
export function openJournalFiles(folder: string) {
  const indexes = new Map<string, { readonly version: string; readonly index: JournalIndex }>();
  const summaries = new Map<string, { readonly version: string; readonly summary: FileSummary }>();

  function indexOf({ name, version, hourMs }: JournalFile): JournalIndex {
    const known = indexes.get(name);
    if (known?.version === version) return known.index;
    const index = indexJournalFile(join(folder, name), hourMs);
    indexes.delete(name);
    indexes.set(name, { version, index });
    summaries.set(name, { version, summary: summarise(index) });
    const oldest = indexes.keys().next().value;
    if (indexes.size > KEPT_INDEXES && oldest !== undefined) indexes.delete(oldest);
    return index;
  }

  return {
    indexOf,

    /** What a whole file adds up to; kept, so that most files of a long journal are read once. */
    summaryOf(file: JournalFile): FileSummary {
      const known = summaries.get(file.name);
      return known?.version === file.version ? known.summary : summarise(indexOf(file));
    },

    /** Files that can hold lines emitted in the range, oldest first. */
    inRange({ fromS, toS }: EmissionRange): JournalFile[] {
      const [fromMs, endMs] = [fromS * 1000 - HOUR_MS, toS * 1000 + HOUR_MS];
      return listFiles(folder).filter(
        ({ hourMs }) => hourMs === null || (hourMs + HOUR_MS > fromMs && hourMs <= endMs),
      );
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

/** A file's lines in sum. */
export interface FileSummary {
  /** First and last emission, UTC ms. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly lines: number;
  readonly bytes: number;
  readonly marked: number;
  /** Usage lines per hour that they belong to. */
  readonly hours: ReadonlyMap<number, number>;
}

function summarise(index: JournalIndex): FileSummary {
  const hours = new Map<number, number>();
  let [firstMs, lastMs, bytes, marked] = [Infinity, -Infinity, 0, 0];
  for (let line = 0; line < index.lines; line += 1) {
    const emittedMs = index.emittedMs[line] ?? 0;
    firstMs = Math.min(firstMs, emittedMs);
    lastMs = Math.max(lastMs, emittedMs);
    bytes += (index.end[line] ?? 0) - (index.start[line] ?? 0);
    if (index.marked[line] === 0) continue;
    marked += 1;
    const hour = hourOf(belongsMs(index, line));
    hours.set(hour, (hours.get(hour) ?? 0) + 1);
  }
  return { firstMs, lastMs, lines: index.lines, bytes, marked, hours };
}

/** The instant that says which window a line belongs to. */
export function belongsMs({ emittedMs, admittedMs }: JournalIndex, line: number): number {
  const admitted = admittedMs[line] ?? -1;
  return windowTimeMs(emittedMs[line] ?? 0, admitted < 0 ? null : admitted);
}

export type JournalFiles = ReturnType<typeof openJournalFiles>;

function listFiles(folder: string): JournalFile[] {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return names
    .map(({ name }) => {
      const hour = NAME.exec(name)?.[1];
      const hourMs = hour === undefined ? null : Date.parse(`${hour}:00:00.000Z`);
      const { size, mtimeMs } = statSync(join(folder, name));
      return { name, version: `${size} ${mtimeMs}`, hourMs };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
