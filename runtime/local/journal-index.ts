import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { END_STAMP_MS, FIRST_STAMP_MS } from '../../domain/instant.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import { USAGE_LINE_MARKER } from '../../domain/usage-line.ts';

/**
 * What the log service knows of each line of one journal file: where it lies, when it was emitted,
 * and the raw figures in it. Written apart from `domain/raw-line.ts` on purpose: the control totals
 * compare the two readings.
 */
export interface JournalIndex {
  readonly lines: number;
  /** Byte offset of each line. */
  readonly start: Float64Array;
  /** Byte offset after each line, its line feed not included. */
  readonly end: Float64Array;
  readonly emittedMs: Float64Array;
  /** -1 where none can be read. */
  readonly admittedMs: Float64Array;
  /** 1 for usage lines, 0 for foreign ones. */
  readonly marked: Uint8Array;
  /** One array per token meter, in the order of `TOKEN_METERS`. */
  readonly tokens: readonly Float64Array[];
}

const CHUNK = 8 * 1024 * 1024;
const LABELS = TOKEN_METERS.map((meter) => `"${meter}":`);
const SETTLED = '"settled_ms":';
const ADMITTED = '"admitted_ms":';
const [ZERO, NINE, COMMA, BRACE] = [48, 57, 44, 125];

/** Reads a file once, in bounded memory. `fallbackMs` is the emission time before the first line. */
export function indexJournalFile(path: string, fallbackMs: number): JournalIndex {
  const fd = openSync(path, 'r');
  try {
    const index = createBuilder(fallbackMs, Math.ceil(fstatSync(fd).size / 400) + 16);
    const buffer = Buffer.allocUnsafe(CHUNK);
    let rest = '';
    let offset = 0;
    for (;;) {
      const read = readSync(fd, buffer, 0, CHUNK, null);
      if (read === 0) break;
      // latin1 keeps one character per byte: offsets in the text are offsets in the file.
      const text = rest + buffer.toString('latin1', 0, read);
      const consumed = index.addLines(text, offset);
      offset += consumed;
      rest = text.slice(consumed);
    }
    if (rest !== '') index.addLines(`${rest}\n`, offset);
    return index.done();
  } finally {
    closeSync(fd);
  }
}

function createBuilder(fallbackMs: number, capacity: number) {
  let at = 0;
  let size = capacity;
  let start = new Float64Array(size);
  let end = new Float64Array(size);
  let emittedMs = new Float64Array(size);
  let admittedMs = new Float64Array(size);
  let marked = new Uint8Array(size);
  let tokens = LABELS.map(() => new Float64Array(size));
  let lastMs = fallbackMs;

  function grow(): void {
    size *= 2;
    const wider = (old: Float64Array) => {
      const copy = new Float64Array(size);
      copy.set(old);
      return copy;
    };
    [start, end, emittedMs, admittedMs] = [start, end, emittedMs, admittedMs].map(wider) as [
      typeof start,
      typeof end,
      typeof emittedMs,
      typeof admittedMs,
    ];
    tokens = tokens.map(wider);
    const marks = new Uint8Array(size);
    marks.set(marked);
    marked = marks;
  }

  function addLine(text: string, from: number, to: number): void {
    if (at === size) grow();
    const settledMs = rawNumber(text, { label: SETTLED, from, to });
    if (settledMs >= FIRST_STAMP_MS && settledMs < END_STAMP_MS) lastMs = settledMs;
    emittedMs[at] = lastMs;
    const admitted = rawNumber(text, { label: ADMITTED, from, to });
    admittedMs[at] = admitted >= FIRST_STAMP_MS && admitted < END_STAMP_MS ? admitted : -1;
    const mark = text.indexOf(USAGE_LINE_MARKER, from);
    marked[at] = mark >= 0 && mark + USAGE_LINE_MARKER.length <= to ? 1 : 0;
    for (const [meter, label] of LABELS.entries()) {
      const sums = tokens[meter];
      if (sums) sums[at] = Math.max(0, rawNumber(text, { label, from, to }));
    }
    at += 1;
  }

  return {
    /** Takes the whole lines of a text that lies at `offset`; returns how much of it they are. */
    addLines(text: string, offset: number): number {
      let from = 0;
      for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
        if (to > from) {
          addLine(text, from, to);
          start[at - 1] = offset + from;
          end[at - 1] = offset + to;
        }
        from = to + 1;
      }
      return from;
    },
    done: (): JournalIndex => {
      return { lines: at, start, end, emittedMs, admittedMs, marked, tokens };
    },
  };
}

interface Search {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

/** First `label` followed by 1 to 15 digits and a comma or brace inside `[from, to)`, or -1. */
function rawNumber(text: string, { label, from, to }: Search): number {
  for (let found = text.indexOf(label, from); found >= 0 && found < to; ) {
    let at = found + label.length;
    let value = 0;
    const first = at;
    for (; at < to && at - first < 16; at += 1) {
      const code = text.charCodeAt(at);
      if (code < ZERO || code > NINE) break;
      value = value * 10 + code - ZERO;
    }
    const digits = at - first;
    const next = at < to ? text.charCodeAt(at) : 0;
    if (digits > 0 && digits < 16 && (next === COMMA || next === BRACE)) return value;
    found = text.indexOf(label, found + 1);
  }
  return -1;
}
