import type { LogRow } from '../../handlers/ports.ts';
import type { JournalFile, JournalFiles } from './journal-files.ts';
import type { JournalIndex } from './journal-index.ts';

/** A line of a journal file, by its number in the file's index. */
export interface LineRef {
  readonly file: JournalFile;
  readonly index: JournalIndex;
  readonly line: number;
}

/** Lines of an answer, by emission. */
export interface SortedLines {
  readonly length: number;
  /** Lines `[from, to)`, with one read per run of lines of the same file. */
  read(files: JournalFiles, from: number, to: number): LogRow[];
}

/**
 * Gathers lines as a few numbers each: an answer is kept for a while, and must hold neither the lines
 * nor their files' indexes.
 */
export function createLineList() {
  const files: JournalFile[] = [];
  const fileAt: number[] = [];
  const start: number[] = [];
  const end: number[] = [];
  const emittedMs: number[] = [];

  function add(file: JournalFile, index: JournalIndex, line: number): void {
    if (files.at(-1) !== file) files.push(file);
    fileAt.push(files.length - 1);
    start.push(index.start[line] ?? 0);
    end.push(index.end[line] ?? 0);
    emittedMs.push(index.emittedMs[line] ?? 0);
  }

  function sorted(limit: number): SortedLines {
    const order = new Uint32Array(start.length);
    let inOrder = true;
    for (let at = 0; at < order.length; at += 1) {
      order[at] = at;
      if (at > 0 && (emittedMs[at - 1] ?? 0) > (emittedMs[at] ?? 0)) inOrder = false;
    }
    // A journal is written in the order of emission: there is seldom anything to sort.
    if (!inOrder) order.sort((a, b) => (emittedMs[a] ?? 0) - (emittedMs[b] ?? 0) || a - b);
    const kept = order.subarray(0, limit);

    function read(journal: JournalFiles, from: number, to: number): LogRow[] {
      const rows: LogRow[] = [];
      for (let next = from; next < to;) {
        const which = fileAt[kept[next] ?? 0] ?? 0;
        const file = files[which] as JournalFile;
        let past = next;
        let [low, high] = [Infinity, 0];
        for (; past < to && fileAt[kept[past] ?? 0] === which; past += 1) {
          low = Math.min(low, start[kept[past] ?? 0] ?? 0);
          high = Math.max(high, end[kept[past] ?? 0] ?? 0);
        }
        const bytes = journal.read(file, low, high);
        for (; next < past; next += 1) {
          const at = kept[next] ?? 0;
          const first = start[at] ?? 0;
          const message = bytes.toString('utf8', first - low, (end[at] ?? 0) - low);
          rows.push({ timestampMs: emittedMs[at] ?? 0, ptr: `${file.name}:${first}`, message });
        }
      }
      return rows;
    }

    return { length: kept.length, read };
  }

  return { add, sorted };
}
