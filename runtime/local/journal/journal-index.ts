import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { FIRST_STAMP_MS, HOUR_MS } from '../../../domain/instant.ts';
import { TOKEN_METERS } from '../../../domain/meters.ts';
import { USAGE_LINE_MARKER } from '../../../domain/usage-line.ts';

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

const CHUNK = 1024 * 1024;
const LABELS = TOKEN_METERS.map((meter) => `"${meter}":`);
const SETTLED = '"settled_ms":';
const ADMITTED = '"admitted_ms":';
const [LF, ZERO, NINE, COMMA, BRACE] = [10, 48, 57, 44, 125];

/**
 * Reads a file once, in bounded memory.
 *
 * @param hourMs - the hour of emission that the file's name says, or null. It is the emission time
 * before the first line; a line that claims to be from far outside of it claims what cannot be.
 */
export function indexJournalFile(path: string, hourMs: number | null): JournalIndex {
  const fd = openSync(path, 'r');
  try {
    const index = new IndexBuilder(hourMs, Math.ceil(fstatSync(fd).size / 400) + 16);
    let buffer = Buffer.allocUnsafe(CHUNK);
    let [offset, held] = [0, 0];
    for (;;) {
      const read = readSync(fd, buffer, held, buffer.length - held, null);
      if (read === 0) break;
      held += read;
      // latin1 keeps one character per byte: offsets in the text are offsets in the file.
      const whole = buffer.subarray(0, held).lastIndexOf(LF) + 1;
      index.addLines(buffer.toString('latin1', 0, whole), offset);
      offset += whole;
      held -= whole;
      buffer.copyWithin(0, whole, whole + held);
      if (held === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(held)]);
    }
    if (held > 0) index.addLines(`${buffer.toString('latin1', 0, held)}\n`, offset);
    return index.done();
  } finally {
    closeSync(fd);
  }
}

/**
 * A line as the gateway writes it, up to its meters. No text in it can hold a label, so what it
 * captures is each label's first match, as for any line.
 */
const AS_WRITTEN = asWritten();

function asWritten(): RegExp {
  const text = '(?:"[^"\\\\\\n]*"|null)';
  const texts = (...names: string[]) => names.map((name) => `"${name}":${text},`).join('');
  const stamp = '([1-9]\\d{12})';
  return new RegExp(
    `\\{"tollbook":"usage/1","id":${text},"attempt":\\d+,"admitted_ms":${stamp},` +
      texts('tenant', 'cost_center', 'key', 'project', 'api', 'model_requested', 'model', 'scope') +
      texts('region', 'tier', 'mode', 'latency_class', 'context', 'outcome') +
      `"status":\\d+,"stream":(?:true|false),"settled_ms":${stamp},"latency_ms":\\d+,` +
      `"first_byte_ms":(?:\\d+|null),${LABELS.map((label) => `${label}(\\d{1,12}),`).join('')}`,
    'y',
  );
}

/** Columns of an index before the token meters. */
const [START, END, EMITTED, ADMITTED_AT, MARKED, FIRST_METER] = [0, 1, 2, 3, 4, 5];

/** Columns of numbers that grow together, a line at a time. */
class IndexColumns {
  #lines = 0;
  #size: number;
  #columns: Float64Array[];

  constructor(capacity: number) {
    this.#size = capacity;
    const columns = FIRST_METER + LABELS.length;
    this.#columns = Array.from({ length: columns }, () => new Float64Array(capacity));
  }

  /** Sets a value of the line at hand. */
  set(column: number, value: number): void {
    const values = this.#columns[column];
    if (values) values[this.#lines] = value;
  }

  /** Goes on to the next line. */
  advance(): void {
    this.#lines += 1;
    if (this.#lines === this.#size) this.#grow();
  }

  #grow(): void {
    this.#size *= 2;
    this.#columns = this.#columns.map((old) => {
      const wider = new Float64Array(this.#size);
      wider.set(old);
      return wider;
    });
  }

  done(): JournalIndex {
    const [start, end, emittedMs, admittedMs, marked, ...tokens] = this.#columns as [
      ...Columns,
      ...Float64Array[],
    ];
    return { lines: this.#lines, start, end, emittedMs, admittedMs, marked, tokens };
  }
}

class IndexBuilder {
  readonly #hourMs: number | null;
  readonly #columns: IndexColumns;
  #lastMs: number;

  constructor(hourMs: number | null, capacity: number) {
    this.#hourMs = hourMs;
    this.#columns = new IndexColumns(capacity);
    this.#lastMs = hourMs ?? 0;
  }

  /** Takes whole lines, each with its line feed; the text lies at `offset`. */
  addLines(text: string, offset: number): void {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      if (to > from) {
        // A line of its own: a label that it lacks must not be sought in all that follow.
        if (!this.#addWritten(text, from)) this.#addLine(text.slice(from, to));
        this.#columns.set(START, offset + from);
        this.#columns.set(END, offset + to);
        this.#columns.advance();
      }
      from = to + 1;
    }
  }

  /** Takes a line as the gateway writes it, read in one pass; false if it is any other. */
  #addWritten(text: string, from: number): boolean {
    AS_WRITTEN.lastIndex = from;
    const match = AS_WRITTEN.exec(text);
    if (!match) return false;
    this.#setStamps(Number(match[2]), Number(match[1]));
    this.#columns.set(MARKED, 1);
    for (let meter = 0; meter < LABELS.length; meter += 1) {
      this.#columns.set(FIRST_METER + meter, Number(match[3 + meter]));
    }
    return true;
  }

  #addLine(line: string): void {
    this.#setStamps(rawStamp(line, SETTLED), rawStamp(line, ADMITTED));
    this.#columns.set(MARKED, line.includes(USAGE_LINE_MARKER) ? 1 : 0);
    for (const [meter, label] of LABELS.entries()) {
      this.#columns.set(FIRST_METER + meter, Math.max(0, rawNumber(line, label, COUNT)));
    }
  }

  #setStamps(settledMs: number, admittedMs: number): void {
    if (settledMs >= 0 && this.#isBelievable(settledMs)) this.#lastMs = settledMs;
    this.#columns.set(EMITTED, this.#lastMs);
    this.#columns.set(ADMITTED_AT, admittedMs);
  }

  #isBelievable(emittedMs: number): boolean {
    const hourMs = this.#hourMs;
    return hourMs === null || (emittedMs >= hourMs - HOUR_MS && emittedMs < hourMs + 2 * HOUR_MS);
  }

  done(): JournalIndex {
    return this.#columns.done();
  }
}

/** One array per column, in the order of the names above. */
type Columns = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];

/** A 13-digit stamp behind a label, or -1. */
function rawStamp(line: string, label: string): number {
  const ms = rawNumber(line, label, STAMP);
  return ms >= FIRST_STAMP_MS ? ms : -1;
}

interface Digits {
  readonly least: number;
  readonly most: number;
  readonly leadingZero: boolean;
}

const COUNT: Digits = { least: 1, most: 12, leadingZero: true };
const STAMP: Digits = { least: 13, most: 13, leadingZero: false };

/** The number behind the first `label` that so many digits and a comma or brace follow, or -1. */
function rawNumber(line: string, label: string, { least, most, leadingZero }: Digits): number {
  for (let found = line.indexOf(label); found >= 0; found = line.indexOf(label, found + 1)) {
    const first = found + label.length;
    let at = first;
    let value = 0;
    for (; at - first <= most; at += 1) {
      const code = line.charCodeAt(at);
      if (!(code >= ZERO && code <= NINE)) break;
      value = value * 10 + code - ZERO;
    }
    const digits = at - first;
    if (digits < least || digits > most) continue;
    if (!leadingZero && line.charCodeAt(first) === ZERO) continue;
    const next = line.charCodeAt(at);
    if (next === COMMA || next === BRACE) return value;
  }
  return -1;
}
