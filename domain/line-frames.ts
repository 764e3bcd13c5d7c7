import { LineArchiveError } from './line-archive.ts';
import { LineBatch } from './line-batch.ts';
import { lineInstant } from './packed-lines.ts';
import type { PackedLines } from './packed-lines.ts';

/**
 * Frames: some thousand lines of a slice in the order of their ids, all lines of an instant in one. First stands how many lines there are, then for each when it was emitted and how long it is, then the
 * lines, a line feed behind each. Numbers are little-endian; the head is a whole number of eight bytes.
 */
const HEAD_BYTES = 8;
const STAMP_BYTES = 8;
const LENGTH_BYTES = 4;
const LF = 0x0a;

/** Lines of one frame, but for more lines of its last instant: what a reader of many slices holds of each. */
const FRAME_LINES = 2048;

/** A line among the pages that it came in. */
interface Places {
  readonly pageOf: Uint32Array;
  readonly lineOf: Uint32Array;
  readonly instants: Float64Array;
}

/** All lines in frames. Each frame lies in the same memory: use it before you ask for the next. */
export function* sortedFrames(pages: readonly PackedLines[]): Generator<Uint8Array> {
  const places = placesOf(pages);
  const { instants } = places;
  const order = Uint32Array.from(instants, (_, index) => index);
  // Lines of one instant by their bytes, and so by their ids: whoever sorts them again finds them sorted.
  order.sort(
    (a, b) => (instants[a] ?? 0) - (instants[b] ?? 0) || compareBytes(pages, places, [a, b]),
  );
  let memory = new Uint8Array();
  for (let from = 0; from < order.length;) {
    const lines = order.subarray(from, frameEnd(order, instants, from));
    const room = roomOf(pages, places, lines);
    if (memory.length < room) memory = new Uint8Array(room);
    yield memory.subarray(0, fillFrame(memory, pages, { places, lines }));
    from += lines.length;
  }
}

function placesOf(pages: readonly PackedLines[]): Places {
  const count = pages.reduce((sum, page) => sum + page.count, 0);
  const [pageOf, lineOf] = [new Uint32Array(count), new Uint32Array(count)];
  const instants = new Float64Array(count);
  let at = 0;
  for (const [index, page] of pages.entries()) {
    for (let line = 0; line < page.count; line += 1) {
      pageOf[at] = index;
      lineOf[at] = line;
      instants[at] = lineInstant(page, line);
      at += 1;
    }
  }
  return { pageOf, lineOf, instants };
}

function compareBytes(
  pages: readonly PackedLines[],
  { pageOf, lineOf }: Places,
  [a, b]: readonly [number, number],
): number {
  const [left, right] = [a, b].map((at) => {
    const { bytes, start, end } = pages[pageOf[at] ?? 0] as PackedLines;
    const line = lineOf[at] ?? 0;
    return bytes.subarray(start[line], end[line]);
  }) as [Uint8Array, Uint8Array];
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function frameEnd(order: Uint32Array, instants: Float64Array, from: number): number {
  let end = Math.min(from + FRAME_LINES, order.length);
  const last = instants[order[end - 1] ?? 0];
  while (end < order.length && instants[order[end] ?? 0] === last) end += 1;
  return end;
}

function headBytes(count: number): number {
  return HEAD_BYTES + count * STAMP_BYTES + 8 * Math.ceil((count * LENGTH_BYTES) / 8);
}

function roomOf(pages: readonly PackedLines[], { pageOf, lineOf }: Places, lines: Uint32Array) {
  let room = headBytes(lines.length);
  for (const at of lines) {
    const { start, end } = pages[pageOf[at] ?? 0] as PackedLines;
    const line = lineOf[at] ?? 0;
    room += (end[line] ?? 0) - (start[line] ?? 0) + 1;
  }
  return room;
}

/** @returns how long the frame is. */
function fillFrame(
  frame: Uint8Array,
  pages: readonly PackedLines[],
  { places, lines }: { readonly places: Places; readonly lines: Uint32Array },
): number {
  const count = lines.length;
  const view = new DataView(frame.buffer);
  const lengthsAt = HEAD_BYTES + count * STAMP_BYTES;
  let size = headBytes(count);
  frame.fill(0, 0, size);
  view.setUint32(0, count, true);
  for (let index = 0; index < count; index += 1) {
    const at = lines[index] ?? 0;
    const page = pages[places.pageOf[at] ?? 0] as PackedLines;
    const line = places.lineOf[at] ?? 0;
    const text = page.bytes.subarray(page.start[line], page.end[line]);
    view.setFloat64(HEAD_BYTES + index * STAMP_BYTES, page.emittedMs[line] ?? 0, true);
    view.setUint32(lengthsAt + index * LENGTH_BYTES, text.length, true);
    frame.set(text, size);
    size += text.length + 1;
    frame[size - 1] = LF;
  }
  return size;
}

/** Reads what `sortedFrames` wrote. @throws LineArchiveError for anything else. */
export function readFrame(frame: Uint8Array): LineBatch {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const count = frame.length < HEAD_BYTES ? 0 : view.getUint32(0, true);
  const head = headBytes(count);
  if (count === 0 || head > frame.length) throw notAFrame(frame);
  // Without the head, which is no text: lines that are all ASCII must be seen to be. Of a plain array,
  // as each line becomes a part of it, and parts of Node's own kind cost thrice as much.
  const bytes = new Uint8Array(frame.buffer, frame.byteOffset + head, frame.length - head);
  const [start, end] = [new Uint32Array(count), new Uint32Array(count)];
  const emittedMs = new Float64Array(count);
  let at = 0;
  for (let line = 0; line < count; line += 1) {
    emittedMs[line] = view.getFloat64(HEAD_BYTES + line * STAMP_BYTES, true);
    start[line] = at;
    at += view.getUint32(HEAD_BYTES + count * STAMP_BYTES + line * LENGTH_BYTES, true);
    end[line] = at;
    if (bytes[at] !== LF) throw notAFrame(frame);
    at += 1;
  }
  if (at !== bytes.length) throw notAFrame(frame);
  return new LineBatch({ count, bytes, start, end, emittedMs });
}

function notAFrame({ length }: Uint8Array): LineArchiveError {
  return new LineArchiveError(`frame of ${length} bytes: its lines are not what its head says`);
}
