import { writeFileSync } from 'node:fs';
import Table from 'cli-table3';

/** The middle of several measurements, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws RangeError for no measurement at all. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError('spread: got no measurement');
  return { median: (low + high) / 2, min: sorted[0] ?? low, max: sorted.at(-1) ?? high };
}

/** `5.2× (4.9–5.3)`. */
export function ratioText({ median, min, max }: Spread): string {
  return `${short(median)}× (${short(min)}–${short(max)})`;
}

/** Two significant places for what is small, whole numbers for what is large. */
export function short(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Whole megabytes (10^6). */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** An aligned table, the first column to the left and figures to the right, for stdout. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
  });
  table.push(...rows.map((row) => [...row]));
  return `${table.toString()}\n`;
}

/** Writes what was measured where `--json` says. */
export function writeFigures(file: string | undefined, figures: unknown): void {
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

/** What it was measured on; figures of two machines cannot be compared, their ratios perhaps. */
export function machine(): Record<string, string> {
  const { node = '', v8 = '', zstd = '' } = process.versions as Record<string, string>;
  return { node, v8, zstd, platform: `${process.platform} ${process.arch}` };
}
