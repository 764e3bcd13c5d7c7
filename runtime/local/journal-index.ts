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
  readonly marked: Float64Array;
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

/** Columns of an index before the token meters. */
const [START, END, EMITTED, ADMITTED_AT, MARKED, FIRST_METER] = [0, 1, 2, 3, 4, 5];

function createBuilder(fallbackMs: number, capacity: number) {
  let at = 0;
  let size = capacity;
  let columns = Array.from({ length: FIRST_METER + LABELS.length }, () => new Float64Array(size));
  let lastMs = fallbackMs;

  function grow(): void {
    size *= 2;
    columns = columns.map((old) => {
      const wider = new Float64Array(size);
      wider.set(old);
      return wider;
    });
  }

  function set(column: number, value: number): void {
    const values = columns[column];
    if (values) values[at] = value;
  }

  function addLine(text: string, from: number, to: number): void {
    const settledMs = rawNumber(text, { label: SETTLED, from, to });
    if (isStamp(settledMs)) lastMs = settledMs;
    set(EMITTED, lastMs);
    const admittedMs = rawNumber(text, { label: ADMITTED, from, to });
    set(ADMITTED_AT, isStamp(admittedMs) ? admittedMs : -1);
    const mark = text.indexOf(USAGE_LINE_MARKER, from);
    set(MARKED, mark >= 0 && mark + USAGE_LINE_MARKER.length <= to ? 1 : 0);
    for (const [meter, label] of LABELS.entries()) {
      set(FIRST_METER + meter, Math.max(0, rawNumber(text, { label, from, to })));
    }
  }

  return {
    /** Takes the whole lines of a text that lies at `offset`; returns how much of it they are. */
    addLines(text: string, offset: number): number {
      let from = 0;
      for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
        if (to > from) {
          if (at === size) grow();
          addLine(text, from, to);
          set(START, offset + from);
          set(END, offset + to);
          at += 1;
        }
        from = to + 1;
      }
      return from;
    },
    done: (): JournalIndex => {
      const [start, end, emittedMs, admittedMs, marked, ...tokens] = columns as [
        ...Columns,
        ...Float64Array[],
      ];
      return { lines: at, start, end, emittedMs, admittedMs, marked, tokens };
    },
  };
}

/** One array per column, in the order of the names above. */
type Columns = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];

function isStamp(ms: number): boolean {
  return ms >= FIRST_STAMP_MS && ms < END_STAMP_MS;
}

interface Search {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

/** First `label` followed by 1 to 15 digits and a comma or brace inside `[from, to)`, or -1. */
function rawNumber(text: string, { label, from, to }: Search): number {
  for (let found = text.indexOf(label, from); found >= 0 && found < to;) {
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
