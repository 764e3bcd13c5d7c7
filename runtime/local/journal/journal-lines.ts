import type { PackedLines } from '../../../domain/packed-lines.ts';
import type { LogRow, PackedPage } from '../../../handlers/ports.ts';
import type { JournalFile, JournalFiles } from './journal-files.ts';

/** Where a line lies in its file, and when it was emitted. */
export interface FoundLine {
  readonly start: number;
  readonly end: number;
  /** UTC ms. */
  readonly emittedMs: number;
}

/** Lines of an answer, by emission. */
export interface SortedLines {
  readonly length: number;
  /** Lines `[from, to)`, with one read per run of lines of the same file. */
  read(files: JournalFiles, from: number, to: number): LogRow[];
  /** The same lines as they lie in their files. */
  readPacked(files: JournalFiles, from: number, to: number): Omit<PackedPage, 'nextToken'>;
}

interface LineRun {
  readonly file: JournalFile;
  /** The file's number in the answer. */
  readonly which: number;
  readonly lines: Uint32Array;
  /** Offset of `bytes` in the file. */
  readonly low: number;
  readonly bytes: Buffer;
}

/** No journal file is as long. */
const PLACES_A_FILE = 2 ** 44;

/**
 * Gathers lines as a few numbers each: an answer is kept for a while, and must hold neither the lines
 * nor their files' indexes.
 */
export class LineList {
  readonly #lines: GatheredLines = { files: [], fileAt: [], start: [], end: [], emittedMs: [] };

  add(file: JournalFile, { start, end, emittedMs }: FoundLine): void {
    const lines = this.#lines;
    if (lines.files.at(-1) !== file) lines.files.push(file);
    lines.fileAt.push(lines.files.length - 1);
    lines.start.push(start);
    lines.end.push(end);
    lines.emittedMs.push(emittedMs);
  }

  sorted(limit: number): SortedLines {
    return sortedLines(this.#lines, limit);
  }
}

/** Columns of what an answer found. */
interface GatheredLines {
  readonly files: JournalFile[];
  /** Number of each line's file in `files`. */
  readonly fileAt: number[];
  readonly start: number[];
  readonly end: number[];
  readonly emittedMs: number[];
}

function sortedLines(lines: GatheredLines, limit: number): SortedLines {
  const kept = orderOf(lines.emittedMs).subarray(0, limit);
  return {
    length: kept.length,
    read: (journal, from, to) => readRows(journal, lines, kept.subarray(from, to)),
    readPacked: (journal, from, to) => readPacked(journal, lines, kept.subarray(from, to)),
  };
}

function orderOf(emittedMs: readonly number[]): Uint32Array {
  const order = new Uint32Array(emittedMs.length);
  let inOrder = true;
  for (let at = 0; at < order.length; at += 1) {
    order[at] = at;
    if (at > 0 && (emittedMs[at - 1] ?? 0) > (emittedMs[at] ?? 0)) inOrder = false;
  }
  // A journal is written in the order of emission: there is seldom anything to sort.
  if (!inOrder) order.sort((a, b) => (emittedMs[a] ?? 0) - (emittedMs[b] ?? 0) || a - b);
  return order;
}

/** Runs of lines of one file, each with the bytes between its first and its last. */
function* runsOf(
  journal: JournalFiles,
  { files, fileAt, start, end }: GatheredLines,
  wanted: Uint32Array,
): Generator<LineRun> {
  for (let next = 0; next < wanted.length;) {
    const which = fileAt[wanted[next] ?? 0] ?? 0;
    const first = next;
    let [low, high] = [Infinity, 0];
    for (; next < wanted.length && fileAt[wanted[next] ?? 0] === which; next += 1) {
      low = Math.min(low, start[wanted[next] ?? 0] ?? 0);
      high = Math.max(high, end[wanted[next] ?? 0] ?? 0);
    }
    const file = files[which] as JournalFile;
    yield {
      ...{ file, which, low, bytes: journal.read(file, low, high) },
      lines: wanted.subarray(first, next),
    };
  }
}

function readRows(journal: JournalFiles, lines: GatheredLines, wanted: Uint32Array): LogRow[] {
  const rows: LogRow[] = [];
  for (const { file, lines: run, low, bytes } of runsOf(journal, lines, wanted)) {
    for (const at of run) {
      const begin = lines.start[at] ?? 0;
      const message = bytes.toString('utf8', begin - low, (lines.end[at] ?? 0) - low);
      rows.push({ timestampMs: lines.emittedMs[at] ?? 0, ptr: `${file.name}:${begin}`, message });
    }
  }
  return rows;
}

function readPacked(
  journal: JournalFiles,
  lines: GatheredLines,
  wanted: Uint32Array,
): Omit<PackedPage, 'nextToken'> {
  const places = new Float64Array(wanted.length);
  const packed: PackedLines[] = [];
  let row = 0;
  for (const { which, lines: run, low, bytes } of runsOf(journal, lines, wanted)) {
    const count = run.length;
    const [start, end] = [new Float64Array(count), new Float64Array(count)];
    const emittedMs = new Float64Array(count);
    for (let index = 0; index < count; index += 1, row += 1) {
      const at = run[index] ?? 0;
      start[index] = (lines.start[at] ?? 0) - low;
      end[index] = (lines.end[at] ?? 0) - low;
      emittedMs[index] = lines.emittedMs[at] ?? 0;
      places[row] = which * PLACES_A_FILE + (lines.start[at] ?? 0);
    }
    // A plain array: parts of it, one for each line, cost a third of a Buffer's.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    packed.push({ count, bytes: plain, start, end, emittedMs });
  }
  return { lines: packed, places };
}
