import type { LineBatch } from './line-batch.ts';

/**
 * A line that is read from left to right, by what must stand there; what does not breaks the scan. Behind
 * every line of a batch stands a line feed, which is in no label and no number: no scan runs on unseen.
 */
export interface Scan {
  batch: LineBatch;
  at: number;
  /** After the line's last byte. */
  end: number;
  broken: boolean;
}

/** ASCII text that is sought in bytes. */
export type Label = Uint8Array;

const [ZERO, NINE, QUOTE] = [48, 57, 34];
const NULL = labelOf('null');
/** Up to so many digits a double is what stands there. */
const DIGITS_MAX = 15;

/** @param text - ASCII. */
export function labelOf(text: string): Label {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Was everything there, to the last byte? */
export function isWhole({ at, end, broken }: Scan): boolean {
  return !broken && at === end;
}

/** Exactly this text. */
export function skip(scan: Scan, label: Label): void {
  if (stands(scan, label)) scan.at += label.length;
  else scan.broken = true;
}

function stands({ batch, at }: Scan, label: Label): boolean {
  const { bytes } = batch;
  for (let index = 0; index < label.length; index += 1) {
    if (bytes[at + index] !== label[index]) return false;
  }
  return true;
}

/** The next so many bytes, whatever they are. */
export function pass(scan: Scan, length: number): void {
  scan.at += length;
}

/** A label and a whole number, at most `most`, as JSON writes one. */
export function takeCount(scan: Scan, label: Label, most: number): number {
  skip(scan, label);
  return digits(scan, most);
}

/** See `takeCount`. */
export function takeCountOrNull(scan: Scan, label: Label, most: number): number | null {
  skip(scan, label);
  return passNull(scan) ? null : digits(scan, most);
}

/** One of some words, and how it stands in a line. */
export type Word<Value> = readonly [Value, Label];

/** A label and one of some words. */
export function takeWord<Value>(
  scan: Scan,
  label: Label,
  words: readonly [Word<Value>, ...Word<Value>[]],
): Value {
  skip(scan, label);
  for (const [value, word] of words) {
    if (!stands(scan, word)) continue;
    scan.at += word.length;
    return value;
  }
  scan.broken = true;
  return words[0][0];
}

/** A label and a JSON string without an escape, or null. */
export function takeTextOrNull(scan: Scan, label: Label): string | null {
  skip(scan, label);
  if (passNull(scan)) return null;
  const { batch, end } = scan;
  const from = scan.at + 1;
  let to = from;
  if (batch.bytes[scan.at] !== QUOTE) to = end;
  while (to < end && batch.bytes[to] !== QUOTE) to += 1;
  if (to >= end) scan.broken = true;
  scan.at = to + 1;
  return scan.broken ? null : batch.cut(from, to);
}

function passNull(scan: Scan): boolean {
  if (!stands(scan, NULL)) return false;
  scan.at += NULL.length;
  return true;
}

function digits(scan: Scan, most: number): number {
  const { bytes } = scan.batch;
  const from = scan.at;
  let at = from;
  let value = 0;
  for (; ; at += 1) {
    const code = bytes[at] ?? 0;
    if (!(code >= ZERO && code <= NINE)) break;
    value = value * 10 + code - ZERO;
  }
  const isNumber = at === from + 1 || (at > from && bytes[from] !== ZERO);
  if (!isNumber || at - from > DIGITS_MAX || value > most) scan.broken = true;
  scan.at = at;
  return value;
}
