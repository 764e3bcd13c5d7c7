import { closeSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HOUR_MS } from '../../../domain/instant.ts';
import type { EmissionRange } from '../../../handlers/ports.ts';
import { indexJournalFile } from './journal-index.ts';
import type { JournalIndex } from './journal-index.ts';
import { openKeptIndexes } from './journal-kept.ts';
import { linesOf, summarise } from './journal-summary.ts';
import type { FileLines, FileSummary } from './journal-summary.ts';

const NAME = /^(\d{4}-\d{2}-\d{2}T\d{2})\.jsonl$/;
/** A window's lines lie in the file of its hour and in those beside it. */
const HELD_LINES = 3;

/** One journal file as it was when it was looked at. */
export interface JournalFile {
  readonly name: string;
  /** Changes when the file does. */
  readonly version: string;
  /** Start of the hour of emission that the name says; null for a name we did not give. */
  readonly hourMs: number | null;
}

/**
 * The journal's files and what is known of them. Each is read once by whoever asks first; what was
 * learnt is kept in `kept`, if there is such a folder, for the other threads of this run.
 */
export function openJournalFiles(folder: string, kept?: string) {
  const keptIndexes = openKeptIndexes(kept);
  const summaries = new Map<string, FileSummary>();
  const lines = new Map<string, FileLines>();
  const keyOf = ({ name, version }: JournalFile) => `${name} ${version}`;

  /** Everything of a file, line by line. */
  function indexOf({ name, hourMs }: JournalFile): JournalIndex {
    return indexJournalFile(join(folder, name), hourMs);
  }

  function learn(file: JournalFile): void {
    const index = indexOf(file);
    const [summary, found] = [summarise(index), linesOf(index)];
    keptIndexes.put(file, summary, found);
    summaries.set(keyOf(file), summary);
    holdLines(file, found);
  }

  function holdLines(file: JournalFile, found: FileLines): void {
    lines.delete(keyOf(file));
    lines.set(keyOf(file), found);
    const oldest = lines.keys().next().value;
    if (lines.size > HELD_LINES && oldest !== undefined) lines.delete(oldest);
  }

  return {
    indexOf,

    /** What a whole file adds up to; most files of a long journal are read once. */
    summaryOf(file: JournalFile): FileSummary {
      const known = summaries.get(keyOf(file)) ?? keptIndexes.summary(file);
      if (known) summaries.set(keyOf(file), known);
      else learn(file);
      return summaries.get(keyOf(file)) as FileSummary;
    },

    /** Where its lines lie. */
    linesOf(file: JournalFile): FileLines {
      const known = lines.get(keyOf(file)) ?? keptIndexes.lines(file);
      if (known) holdLines(file, known);
      else learn(file);
      return lines.get(keyOf(file)) as FileLines;
    },

    /** Is this file known to all threads? */
    isKept: (file: JournalFile): boolean => keptIndexes.has(file),

    /** All files, oldest first. */
    all: (): JournalFile[] => listFiles(folder),

    /** Files that can hold lines emitted in the range, oldest first. */
    inRange({ fromS, toS }: EmissionRange): JournalFile[] {
      const [fromMs, endMs] = [fromS * 1000 - HOUR_MS, toS * 1000 + HOUR_MS];
      return listFiles(folder).filter(
        ({ hourMs }) => hourMs === null || (hourMs + HOUR_MS > fromMs && hourMs <= endMs),
      );
    },

    /** Bytes `[start, end)` of a file, in memory of their own. */
    read({ name }: JournalFile, start: number, end: number): Buffer {
      const bytes = Buffer.allocUnsafeSlow(end - start);
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
      const { size, mtimeMs } = statSync(join(folder, name));
      return { name, version: `${size} ${mtimeMs}`, hourMs };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
