import { LineArchiveError } from '../../domain/line-archive.ts';
import { joinedLines } from '../../domain/line-batch.ts';
import type { LineBatch, LineRange } from '../../domain/line-batch.ts';
import { readFrame, sortedFrames } from '../../domain/line-frames.ts';
import { lineInstant, releaseLines } from '../../domain/packed-lines.ts';
import type { PackedLines } from '../../domain/packed-lines.ts';
import type { Codec } from '../ports.ts';

/**
 * A slice on its way to the rating: its lines by the instants of their ids, in frames compressed one by
 * one, so that a window is read in order with a frame per slice in memory. First stands how many
 * frames there are and how long each is, as numbers of four bytes.
 */
const NUMBER_BYTES = 4;

/** Writes a slice; its pages are released. */
export function encodeSlice(codec: Pick<Codec, 'compressQuickly'>, pages: readonly PackedLines[]) {
  const frames = Array.from(sortedFrames(pages), (frame) => codec.compressQuickly(frame));
  pages.forEach(releaseLines);
  const head = NUMBER_BYTES * (frames.length + 1);
  const bytes = new Uint8Array(frames.reduce((sum, { length }) => sum + length, head));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, frames.length, true);
  let at = head;
  for (const [index, frame] of frames.entries()) {
    view.setUint32(NUMBER_BYTES * (index + 1), frame.length, true);
    bytes.set(frame, at);
    at += frame.length;
  }
  return bytes;
}

/** Lines of a slice, a frame at a time. @throws LineArchiveError if it is not in its form. */
function* framesOf(codec: Pick<Codec, 'decompress'>, bytes: Uint8Array): Generator<LineBatch> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length < NUMBER_BYTES ? 0 : view.getUint32(0, true);
  let at = NUMBER_BYTES * (count + 1);
  if (count === 0 || at > bytes.length) throw notASlice(bytes);
  for (let index = 1; index <= count; index += 1) {
    const length = view.getUint32(NUMBER_BYTES * index, true);
    if (at + length > bytes.length) throw notASlice(bytes);
    yield readFrame(codec.decompress(bytes.subarray(at, at + length)));
    at += length;
  }
  if (at !== bytes.length) throw notASlice(bytes);
}

function notASlice({ length }: Uint8Array): LineArchiveError {
  return new LineArchiveError(`slice of ${length} bytes: its frames are not what its head says`);
}

/**
 * Lines of several slices, some thousands at a time: all lines of an instant are in one batch, and those of
 * later instants in later batches. Within a batch they come as they lie in their slices. Each batch is
 * released when the next is asked for.
 */
export function* mergedBatches(
  codec: Pick<Codec, 'decompress'>,
  slices: readonly Uint8Array[],
): Generator<LineBatch> {
  let cursors = slices.map((bytes) => new Cursor(framesOf(codec, bytes)));
  for (;;) {
    cursors = cursors.filter(({ frame }) => frame !== undefined);
    if (cursors.length === 0) return;
    // No slice has a line up to here that is not in the frame it stands at.
    const horizon = Math.min(...cursors.map(({ lastInstant }) => lastInstant));
    const ranges = cursors.map((cursor) => cursor.takeUpTo(horizon));
    const joined = joinedLines(ranges.filter(({ from, to }) => from < to));
    for (const { batch, to } of ranges) {
      if (batch !== joined && to === batch.count) releaseLines(batch);
    }
    yield joined;
    releaseLines(joined);
  }
}

/** Where the reading of one slice stands. */
class Cursor {
  /** Undefined at the end. */
  frame: LineBatch | undefined;
  /** Of the frame's last line, and of no line in another frame. */
  lastInstant = -Infinity;
  readonly #frames: Generator<LineBatch>;
  #at = 0;

  constructor(frames: Generator<LineBatch>) {
    this.#frames = frames;
    this.#advance();
  }

  #advance(): void {
    const next = this.#frames.next();
    this.frame = next.done ? undefined : next.value;
    this.#at = 0;
    if (this.frame) this.lastInstant = lineInstant(this.frame, this.frame.count - 1);
  }

  /** The lines of the frame that were not taken yet, up to and with an instant. */
  takeUpTo(instant: number): LineRange {
    const batch = this.frame as LineBatch;
    const from = this.#at;
    if (this.lastInstant <= instant) {
      this.#advance();
      return { batch, from, to: batch.count };
    }
    while (lineInstant(batch, this.#at) <= instant) this.#at += 1;
    return { batch, from, to: this.#at };
  }
}
