import { LINE_HEAD } from './usage-line.ts';

/** A line as the log gave it. */
export interface LoggedLine {
  readonly text: string;
  /** UTC ms. */
  readonly emittedMs: number;
}

/**
 * Lines as the log keeps them: bytes, and where each line lies in them. No object and no text per line.
 */
export interface PackedLines {
  readonly count: number;
  /** UTF-8. Between the lines may lie what is none of them. The memory is of these lines alone. */
  readonly bytes: Uint8Array;
  readonly start: ArrayLike<number>;
  /** After the last byte of each line. */
  readonly end: ArrayLike<number>;
  /** UTC ms. */
  readonly emittedMs: ArrayLike<number>;
}

/**
 * Gives back the memory of lines that nobody reads any more. The garbage collector counts it, and goes
 * through everything else for each 64 MB: that is every other second of a metering. Whoever reads the
 * lines all the same finds no bytes, and never another's.
 */
export function releaseLines({ bytes }: PackedLines): void {
  (bytes.buffer as ArrayBuffer).transfer(0);
}

const ID_AT = LINE_HEAD.length;
const [ZERO, NINE, LOW_A, LOW_F, HYPHEN] = [48, 57, 97, 102, 45];
/** Where the hyphen stands between the digits of an id's instant. */
const HYPHEN_AT = 8;
const STAMP_LENGTH = 13;

/**
 * The instant in the id of a usage line, by which lines are sorted on their way to the rating; -1 where
 * there is none. Lines of one identity have the same, so whoever holds all lines of one instant holds
 * all of each identity.
 */
export function lineInstant({ bytes, start, end }: PackedLines, line: number): number {
  const [from, to] = [(start[line] ?? 0) + ID_AT, end[line] ?? 0];
  if (to < from + STAMP_LENGTH) return -1;
  let ms = 0;
  for (let at = 0; at < STAMP_LENGTH; at += 1) {
    const code = bytes[from + at] ?? 0;
    if (at === HYPHEN_AT) {
      if (code !== HYPHEN) return -1;
    } else if (code >= ZERO && code <= NINE) ms = ms * 16 + code - ZERO;
    else if (code >= LOW_A && code <= LOW_F) ms = ms * 16 + code - LOW_A + 10;
    else return -1;
  }
  return ms;
}
