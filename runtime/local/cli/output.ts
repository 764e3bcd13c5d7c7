import Table from 'cli-table3';
import { formatUsd, parseUsd } from '../../../domain/money.ts';
import type { CellKind, Result } from '../lake/result.ts';

/** Writes a result to standard output, ending in a line feed. */
export function printLine(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** A line for people beside the result: standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Money without rounding and without trailing zeros; counts as numbers where they are exact. */
export function jsonCell(value: string | null, kind: CellKind): string | number | null {
  if (value === null) return null;
  if (kind === 'money') return formatUsd(parseUsd(value));
  if (kind === 'count' && Number.isSafeInteger(Number(value))) return Number(value);
  return value;
}

/** Rows as objects, for JSON. */
export function jsonRows({ columns, rows }: Result): Record<string, string | number | null>[] {
  return rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name, kind }, index) => [name, jsonCell(row[index] ?? null, kind)]),
    ),
  );
}

/** RFC 4180. Text cells that a spreadsheet would run are made text; numbers are left alone. */
export function csvText({ columns, rows }: Result): string {
  const lines = [columns.map(({ name }) => csvCell(name, 'text'))];
  for (const row of rows) {
    lines.push(columns.map(({ kind }, index) => csvCell(row[index] ?? null, kind)));
  }
  return lines.map((cells) => `${cells.join(',')}\n`).join('');
}

function csvCell(value: string | null, kind: CellKind): string {
  if (value === null) return '';
  if (kind === 'money') return formatUsd(parseUsd(value));
  if (kind === 'count') return value;
  const harmless = /^[=+\-@\t\r\0]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** A table that lines up: money by its decimal point, counts to the right. */
export function tableText({ columns, rows }: Result, totals?: readonly string[]): string {
  const places = columns.map(({ kind }, index) =>
    kind === 'money' ? decimalsOf(rows.map((row) => row[index] ?? null)) : 0,
  );
  const table = new Table({
    head: columns.map(({ name }) => name),
    colAligns: columns.map(({ kind }) => (kind === 'text' ? 'left' : 'right')),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: FRAME,
  });
  const shown = (cells: readonly (string | null)[]) =>
    columns.map(({ kind }, index) => peopleCell(cells[index] ?? null, kind, places[index] ?? 0));
  for (const row of rows) table.push(shown(row));
  if (totals) table.push(shown(totals));
  return table.toString();
}

/** A rule under the head and two spaces between columns: a bill must fit a terminal. */
const FRAME = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', right: '', 'right-mid': '' },
  ...{ mid: '─', 'mid-mid': '──', middle: '  ' },
};

function decimalsOf(values: readonly (string | null)[]): number {
  const lengths = values.map((value) =>
    value === null ? 0 : (formatUsd(parseUsd(value)).split('.')[1]?.length ?? 0),
  );
  return Math.max(2, ...lengths);
}

function peopleCell(value: string | null, kind: CellKind, places: number): string {
  if (value === null) return kind === 'money' ? 'unpriced' : '';
  if (kind === 'count') return value.replace(/\B(?=(\d{3})+$)/g, ',');
  if (kind !== 'money') return value;
  const [whole = '0', fraction = ''] = formatUsd(parseUsd(value)).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${fraction.padEnd(places, '0')}`;
}
