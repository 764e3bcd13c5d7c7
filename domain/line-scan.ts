/** A line that is read from left to right, by what must stand there; what does not breaks the scan. */
export interface Scan {
  line: string;
  at: number;
  broken: boolean;
}

const [ZERO, NINE, QUOTE] = [48, 57, 34];
const NULL = 'null';
/** Up to so many digits a double is what stands there. */
const DIGITS_MAX = 15;

/** Begins another line. */
export function beginScan(scan: Scan, line: string): void {
  scan.line = line;
  scan.at = 0;
  scan.broken = false;
}

/** Was everything there, to the last character? */
export function isWhole({ line, at, broken }: Scan): boolean {
  return !broken && at === line.length;
}

/** Exactly this text. */
export function skip(scan: Scan, label: string): void {
  if (scan.line.startsWith(label, scan.at)) scan.at += label.length;
  else scan.broken = true;
}

/** The next so many characters. */
export function take(scan: Scan, length: number): string {
  const from = scan.at;
  scan.at += length;
  return scan.line.slice(from, scan.at);
}

/** Goes up to the next `label`, which is not passed. */
export function passUpTo(scan: Scan, label: string): void {
  const to = scan.line.indexOf(label, scan.at);
  if (to < 0) scan.broken = true;
  else scan.at = to;
}

/** A label and a whole number, at most `most`, as JSON writes one. */
export function takeCount(scan: Scan, label: string, most: number): number {
  skip(scan, label);
  return digits(scan, most);
}

/** See `takeCount`. */
export function takeCountOrNull(scan: Scan, label: string, most: number): number | null {
  skip(scan, label);
  return passNull(scan) ? null : digits(scan, most);
}

/** A label and one of some words. */
export function takeWord<Word extends string>(
  scan: Scan,
  label: string,
  words: readonly [Word, ...Word[]],
): Word {
  skip(scan, label);
  for (const word of words) {
    if (!scan.line.startsWith(word, scan.at)) continue;
    scan.at += word.length;
    return word;
  }
  scan.broken = true;
  return words[0];
}

/** A label and a JSON string without an escape, or null. */
export function takeTextOrNull(scan: Scan, label: string): string | null {
  skip(scan, label);
  if (passNull(scan)) return null;
  const { line, at } = scan;
  const to = line.charCodeAt(at) === QUOTE ? line.indexOf('"', at + 1) : -1;
  if (to < 0) scan.broken = true;
  scan.at = Math.max(at, to) + 1;
  return line.slice(at + 1, to);
}

function passNull(scan: Scan): boolean {
  if (!scan.line.startsWith(NULL, scan.at)) return false;
  scan.at += NULL.length;
  return true;
}

function digits(scan: Scan, most: number): number {
  const { line, at: from } = scan;
  let at = from;
  let value = 0;
  for (; ; at += 1) {
    const code = line.charCodeAt(at);
    if (!(code >= ZERO && code <= NINE)) break;
    value = value * 10 + code - ZERO;
  }
  const isNumber = at === from + 1 || (at > from && line.charCodeAt(from) !== ZERO);
  if (!isNumber || at - from > DIGITS_MAX || value > most) scan.broken = true;
  scan.at = at;
  return value;
}
