import type { LoggedLine } from '../../domain/accept-lines.ts';
import { LineArchiveError, decodeLines } from '../../domain/line-archive.ts';
import { lineInstant, sortedFrames } from '../../domain/packed-lines.ts';
import type { PackedLines } from '../../domain/packed-lines.ts';
import type { Codec } from '../ports.ts';

/**
 * A slice on its way to the rating: its lines by the instants of their ids, in frames compressed one by
 * one, so that a window is read in order with a frame per slice in memory. First stands how many
 * frames there are and how long each is, as numbers of four bytes.
 */
const NUMBER_BYTES = 4;

/** Writes a slice. */
export function encodeSlice(codec: Pick<Codec, 'compressQuickly'>, pages: readonly PackedLines[]) {
  const frames = Array.from(sortedFrames(pages), (frame) => codec.compressQuickly(frame));
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
function* framesOf(
  codec: Pick<Codec, 'decompressText'>,
  bytes: Uint8Array,
): Generator<LoggedLine[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length < NUMBER_BYTES ? 0 : view.getUint32(0, true);
  let at = NUMBER_BYTES * (count + 1);
  if (count === 0 || at > bytes.length) throw notASlice(bytes);
  for (let index = 1; index <= count; index += 1) {
    const length = view.getUint32(NUMBER_BYTES * index, true);
    if (at + length > bytes.length) throw notASlice(bytes);
    yield decodeLines(codec.decompressText(bytes.subarray(at, at + length)));
    at += length;
  }
  if (at !== bytes.length) throw notASlice(bytes);
}

function notASlice({ length }: Uint8Array): LineArchiveError {
  return new LineArchiveError(`slice of ${length} bytes: its frames are not what its head says`);
}

/** Lines of a batch, but for more lines of its last instant. */
const BATCH_LINES = 2048;

/** Lines of several slices by the instants of their ids; all lines of an instant are in one batch. */
export function* mergedBatches(
  codec: Pick<Codec, 'decompressText'>,
  slices: readonly Uint8Array[],
): Generator<LoggedLine[]> {
  const cursors = slices.map((bytes) => new Cursor(framesOf(codec, bytes)));
  for (let batch = nextBatch(cursors); batch.length > 0; batch = nextBatch(cursors)) yield batch;
}

function nextBatch(cursors: readonly Cursor[]): LoggedLine[] {
  const batch: LoggedLine[] = [];
  let last = NaN;
  for (;;) {
    // One slice holds a window, most of the time: there is nothing to compare.
    const cursor =
      cursors.length === 1 ? cursors[0] : cursors.reduce<Cursor | undefined>(earlier, undefined);
    if (!cursor?.line) break;
    if (batch.length >= BATCH_LINES && cursor.instant !== last) break;
    batch.push(cursor.line);
    last = cursor.instant;
    cursor.advance();
  }
  return batch;
}

/** Where the reading of one slice stands. */
class Cursor {
  /** Undefined at the end. */
  line: LoggedLine | undefined;
  instant = 0;
  readonly #frames: Generator<LoggedLine[]>;
  #frame: LoggedLine[] = [];
  #at = -1;

  constructor(frames: Generator<LoggedLine[]>) {
    this.#frames = frames;
    this.advance();
  }

  advance(): void {
    this.#at += 1;
    if (this.#at === this.#frame.length) {
      const next = this.#frames.next();
      this.#frame = next.done ? [] : next.value;
      this.#at = 0;
    }
    this.line = this.#frame[this.#at];
    if (this.line) this.instant = instantOfText(this.line.text);
  }
}

function instantOfText(text: string): number {
  return lineInstant((at) => text.charCodeAt(at));
}

function earlier(best: Cursor | undefined, cursor: Cursor): Cursor | undefined {
  if (!cursor.line) return best;
  return best?.line && best.instant <= cursor.instant ? best : cursor;
}
