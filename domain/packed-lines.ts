import type { LoggedLine } from './accept-lines.ts';

/**
 * Lines as the log keeps them: bytes, and where each line lies in them. No object and no text per line;
 * no line feed in a line.
 */
export interface PackedLines {
  readonly count: number;
  /** UTF-8. Between the lines may lie what is none of them. */
  readonly bytes: Uint8Array;
  readonly start: ArrayLike<number>;
  /** After the last byte of each line. */
  readonly end: ArrayLike<number>;
  /** UTC ms. */
  readonly emittedMs: ArrayLike<number>;
  /** Lines that hold line feeds, and so are written as JSON strings. */
  readonly quoted?: ReadonlySet<number>;
}

const ID_AT = `{"tollbook":"usage/1","id":"`.length;
const [ZERO, NINE, LOW_A, LOW_F, HYPHEN, LF] = [48, 57, 97, 102, 45, 10];
/** Forms of a row, as `decodeLines` reads them. */
const [RAW, QUOTED] = [114, 113];
/** Where the hyphen stands between the digits of an id's instant. */
const HYPHEN_AT = 8;
const STAMP_LENGTH = 13;

/**
 * The instant in the id of a usage line, by which lines are sorted on their way to the rating; -1 where
 * there is none. Lines of one identity have the same, so whoever holds all lines of one instant holds
 * all of each identity.
 */
export function lineInstant(codeAt: (at: number) => number): number {
  let ms = 0;
  for (let at = 0; at < STAMP_LENGTH; at += 1) {
    const code = codeAt(ID_AT + at);
    if (at === HYPHEN_AT) {
      if (code !== HYPHEN) return -1;
    } else if (code >= ZERO && code <= NINE) ms = ms * 16 + code - ZERO;
    else if (code >= LOW_A && code <= LOW_F) ms = ms * 16 + code - LOW_A + 10;
    else return -1;
  }
  return ms;
}

/** Lines of one frame: what a reader of many slices holds of each. */
export const FRAME_LINES = 2048;

/**
 * All lines by the instants of their ids, in frames that `decodeLines` reads. Each frame lies in the
 * same memory: use it before you ask for the next.
 */
export function* sortedFrames(pages: readonly PackedLines[]): Generator<Uint8Array> {
  const count = pages.reduce((sum, page) => sum + page.count, 0);
  const [pageOf, lineOf] = [new Uint32Array(count), new Uint32Array(count)];
  const instants = new Float64Array(count);
  let at = 0;
  for (const [index, page] of pages.entries()) {
    for (let line = 0; line < page.count; line += 1) {
      pageOf[at] = index;
      lineOf[at] = line;
      instants[at] = instantOf(page, line);
      at += 1;
    }
  }
  const order = Uint32Array.from(instants, (_, index) => index);
  order.sort((a, b) => (instants[a] ?? 0) - (instants[b] ?? 0));
  let memory = new Uint8Array();
  for (let from = 0; from < count; from += FRAME_LINES) {
    const lines = { order: order.subarray(from, from + FRAME_LINES), pageOf, lineOf };
    const room = roomOf(pages, lines);
    if (memory.length < room) memory = new Uint8Array(room);
    yield memory.subarray(0, fillFrame(memory, pages, lines));
  }
}

function instantOf({ bytes, start, end }: PackedLines, line: number): number {
  const [from, to] = [start[line] ?? 0, end[line] ?? 0];
  if (to - from < ID_AT + STAMP_LENGTH) return -1;
  return lineInstant((at) => bytes[from + at] ?? 0);
}

interface FrameLines {
  readonly order: Uint32Array;
  readonly pageOf: Uint32Array;
  readonly lineOf: Uint32Array;
}

/** A row's stamp, its form and its line feed are never longer. */
const ROW_ROOM = 20;

function roomOf(pages: readonly PackedLines[], { order, pageOf, lineOf }: FrameLines): number {
  let room = 0;
  for (const at of order) {
    const { start, end } = pages[pageOf[at] ?? 0] as PackedLines;
    const line = lineOf[at] ?? 0;
    room += ROW_ROOM + (end[line] ?? 0) - (start[line] ?? 0);
  }
  return room;
}

/** @returns how long the frame is. */
function fillFrame(
  frame: Uint8Array,
  pages: readonly PackedLines[],
  { order, pageOf, lineOf }: FrameLines,
): number {
  let size = 0;
  for (const at of order) {
    const page = pages[pageOf[at] ?? 0] as PackedLines;
    const line = lineOf[at] ?? 0;
    size = appendDigits(frame, size, page.emittedMs[line] ?? 0);
    frame[size] = page.quoted?.has(line) === true ? QUOTED : RAW;
    const text = page.bytes.subarray(page.start[line], page.end[line]);
    frame.set(text, size + 1);
    size += text.length + 2;
    frame[size - 1] = LF;
  }
  return size;
}

const THOUSAND = 1000;

/** Writes a whole number in decimal; returns where it ends. */
function appendDigits(bytes: Uint8Array, from: number, value: number): number {
  let size = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) size += 1;
  let rest = value;
  let at = from + size - 1;
  // Three digits at a time: a division of a number as large as a stamp is slow.
  for (; rest >= THOUSAND; at -= 3) {
    const higher = Math.floor(rest / THOUSAND);
    const three = rest - higher * THOUSAND;
    bytes[at] = ZERO + (three % 10);
    bytes[at - 1] = ZERO + (Math.floor(three / 10) % 10);
    bytes[at - 2] = ZERO + Math.floor(three / 100);
    rest = higher;
  }
  for (; at >= from; at -= 1) {
    bytes[at] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return from + size;
}

/** Packs lines that came as texts. */
export function packLines(lines: readonly LoggedLine[]): PackedLines {
  const encoder = new TextEncoder();
  const quoted = new Set<number>();
  const pieces = lines.map(({ text }, line) => {
    if (!text.includes('\n')) return encoder.encode(text);
    quoted.add(line);
    return encoder.encode(JSON.stringify(text));
  });
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  const [start, end] = [new Float64Array(pieces.length), new Float64Array(pieces.length)];
  let size = 0;
  for (const [line, piece] of pieces.entries()) {
    bytes.set(piece, size);
    start[line] = size;
    size += piece.length;
    end[line] = size;
  }
  const emittedMs = Float64Array.from(lines, (line) => line.emittedMs);
  return { count: lines.length, bytes, start, end, emittedMs, quoted };
}
