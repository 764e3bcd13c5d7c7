import { ownText } from './own-text.ts';
import type { LoggedLine, PackedLines } from './packed-lines.ts';

/**
 * Lines side by side in one memory, each followed by a line feed: what goes from the log's slices to the
 * rows of a window, without an object or a text per line.
 */
export class LineBatch implements PackedLines {
  readonly count: number;
  /** UTF-8. */
  readonly bytes: Uint8Array;
  readonly start: Uint32Array;
  /** After the last byte of each line, its line feed not included. */
  readonly end: Uint32Array;
  readonly emittedMs: Float64Array;
  /** All bytes as text, if each byte is one character: parts of it cost nothing. Null otherwise. */
  readonly #characters: string | null;

  constructor({ count, bytes, start, end, emittedMs }: BatchColumns) {
    this.count = count;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.emittedMs = emittedMs;
    const text = UTF_8.decode(bytes);
    this.#characters = text.length === bytes.length ? text : null;
  }

  /** The bytes `[from, to)` as text. A part of a large text, kept, keeps all of it: see `ownText`. */
  cut(from: number, to: number): string {
    return this.#characters?.slice(from, to) ?? UTF_8.decode(this.bytes.subarray(from, to));
  }

  text(line: number): string {
    return this.cut(this.start[line] ?? 0, this.end[line] ?? 0);
  }

  /** One line in memory of its own. */
  loggedLine(line: number): LoggedLine {
    return { text: ownText(this.text(line)), emittedMs: this.emittedMs[line] ?? 0 };
  }
}

type BatchColumns = PackedLines & Pick<LineBatch, 'start' | 'end' | 'emittedMs'>;

const UTF_8 = new TextDecoder('utf-8', { ignoreBOM: true });
const LF = 0x0a;

/** Lines that came as texts. */
export function batchOf(lines: readonly LoggedLine[]): LineBatch {
  return new LineBatch(packLines(lines));
}

/** Packs texts, each followed by a line feed. */
export function packLines(lines: readonly LoggedLine[]): BatchColumns {
  const encoder = new TextEncoder();
  const pieces = lines.map(({ text }) => encoder.encode(`${text}\n`));
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  const [start, end] = [new Uint32Array(pieces.length), new Uint32Array(pieces.length)];
  let size = 0;
  for (const [line, piece] of pieces.entries()) {
    bytes.set(piece, size);
    start[line] = size;
    size += piece.length;
    end[line] = size - 1;
  }
  const emittedMs = Float64Array.from(lines, (line) => line.emittedMs);
  return { count: lines.length, bytes, start, end, emittedMs };
}

/** Lines of a text, each ended by a line feed; nobody knows when they were emitted. */
export function linesOfText(bytes: Uint8Array): LineBatch {
  const ends: number[] = [];
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) ends.push(at);
  const count = ends.length;
  const start = Uint32Array.from(ends, (_, line) => (ends[line - 1] ?? -1) + 1);
  const emittedMs = new Float64Array(count);
  return new LineBatch({ count, bytes, start, end: Uint32Array.from(ends), emittedMs });
}

/** The lines `[from, to)` of a batch. */
export interface LineRange {
  readonly batch: LineBatch;
  readonly from: number;
  readonly to: number;
}

/** Lines of several batches in one. */
export function joinedLines(ranges: readonly LineRange[]): LineBatch {
  const [only] = ranges;
  if (ranges.length === 1 && only?.from === 0 && only.to === only.batch.count) return only.batch;
  const count = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  const bytes = new Uint8Array(ranges.reduce((sum, range) => sum + spanOf(range).length, 0));
  const [start, end] = [new Uint32Array(count), new Uint32Array(count)];
  const emittedMs = new Float64Array(count);
  let [at, size] = [0, 0];
  for (const range of ranges) {
    const { batch, from, to } = range;
    const span = spanOf(range);
    const shift = size - (batch.start[from] ?? 0);
    bytes.set(span, size);
    for (let line = from; line < to; line += 1, at += 1) {
      start[at] = (batch.start[line] ?? 0) + shift;
      end[at] = (batch.end[line] ?? 0) + shift;
      emittedMs[at] = batch.emittedMs[line] ?? 0;
    }
    size += span.length;
  }
  return new LineBatch({ count, bytes, start, end, emittedMs });
}

/** The bytes of some lines of a batch, in a row, each with its line feed. */
export function spanOf({ batch, from, to }: LineRange): Uint8Array {
  return batch.bytes.subarray(batch.start[from], (batch.end[to - 1] ?? -1) + 1);
}
