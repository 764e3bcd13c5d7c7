import { MINUTE_MS, hourOf } from '../../../domain/instant.ts';
import { windowTimeMs } from '../../../domain/window.ts';
import type { JournalIndex } from './journal-index.ts';

/** Lines of one file that were emitted in one minute and belong to one hour. */
export interface MinuteSum {
  readonly minuteMs: number;
  /** Start of the hour that they belong to; null for foreign lines. */
  readonly hourMs: number | null;
  lines: number;
  bytes: number;
  /** Raw counts, in the order of `TOKEN_METERS`. */
  readonly tokens: number[];
}

/** A file's lines in sum: what most questions need to know of it. */
export interface FileSummary {
  /** First and last emission, UTC ms. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly minutes: readonly MinuteSum[];
}

/** Where a file's lines lie and to which hour each belongs; arrays by line. */
export interface FileLines {
  readonly start: Float64Array;
  /** After the last byte, the line feed not included. */
  readonly end: Float64Array;
  readonly emittedMs: Float64Array;
  /** The instant that says which window the line belongs to; -1 for foreign lines. */
  readonly belongsMs: Float64Array;
}

/** The lines of an index without their figures. */
export function linesOf(index: JournalIndex): FileLines {
  const { lines } = index;
  const belongsMs = new Float64Array(lines);
  for (let line = 0; line < lines; line += 1) belongsMs[line] = belongsAt(index, line);
  return {
    start: index.start.slice(0, lines),
    end: index.end.slice(0, lines),
    emittedMs: index.emittedMs.slice(0, lines),
    belongsMs,
  };
}

/** The instant that says which window a line belongs to; -1 for a foreign one. */
export function belongsAt({ emittedMs, admittedMs, marked }: JournalIndex, line: number): number {
  if (marked[line] === 0) return -1;
  const admitted = admittedMs[line] ?? -1;
  return windowTimeMs(emittedMs[line] ?? 0, admitted < 0 ? null : admitted);
}

/** Adds up a file. */
export function summarise(index: JournalIndex): FileSummary {
  const sums = new Map<string, MinuteSum>();
  let [firstMs, lastMs] = [Infinity, -Infinity];
  let at: MinuteSum | undefined;
  for (let line = 0; line < index.lines; line += 1) {
    const emittedMs = index.emittedMs[line] ?? 0;
    if (emittedMs < firstMs) firstMs = emittedMs;
    if (emittedMs > lastMs) lastMs = emittedMs;
    const belongs = belongsAt(index, line);
    const minuteMs = Math.floor(emittedMs / MINUTE_MS) * MINUTE_MS;
    const hourMs = belongs < 0 ? null : hourOf(belongs);
    // Neighbours are mostly of one minute.
    if (at?.minuteMs !== minuteMs || at.hourMs !== hourMs) at = sumOf(sums, minuteMs, hourMs);
    addLine(at, index, line);
  }
  return { firstMs, lastMs, minutes: [...sums.values()] };
}

function sumOf(sums: Map<string, MinuteSum>, minuteMs: number, hourMs: number | null): MinuteSum {
  const key = `${minuteMs} ${hourMs ?? ''}`;
  const sum = sums.get(key) ?? { minuteMs, hourMs, lines: 0, bytes: 0, tokens: [0, 0, 0, 0, 0] };
  sums.set(key, sum);
  return sum;
}

function addLine(sum: MinuteSum, { start, end, tokens }: JournalIndex, line: number): void {
  sum.lines += 1;
  sum.bytes += (end[line] ?? 0) - (start[line] ?? 0);
  for (let meter = 0; meter < tokens.length; meter += 1) {
    sum.tokens[meter] = (sum.tokens[meter] ?? 0) + (tokens[meter]?.[line] ?? 0);
  }
}
