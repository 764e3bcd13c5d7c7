import type { Column, TableRow, TableSchema } from '../../../domain/lake.ts';

/** Values at the edges of every type; money in both signs, to the last digit. */
const EDGES = {
  text: ['plain', '', '\u{1f600} é', '\u0000', '\u2028"\\', 'x'.repeat(900)],
  count: [0, 1, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n) + 1n, 1_000_000_000],
  boolean: [true, false, true, true, false, false],
  // 1970, before it, 2026, 9999, 2001.
  instant: [0, -1, 1_769_904_000_000, 253_402_300_799_999, 1_000_000_000_000, 1],
  call_money: [0n, 1n, -1n, 10n ** 18n - 1n, -(10n ** 18n) + 1n, 3_300_000_000n],
  money: [0n, 1n, -1n, 10n ** 38n - 1n, -(10n ** 38n) + 1n, -(2n ** 63n) - 1n],
} as const;
const EDGE_ROWS = EDGES.text.length;

/** Rows in which every column meets every edge of its type, and null where it may be null. */
export function edgeRows({ columns }: TableSchema): TableRow[] {
  return Array.from({ length: EDGE_ROWS + 1 }, (_, row) =>
    Object.fromEntries(
      columns.map((column, index) => [column.name, edgeOf(column, row, index)] as const),
    ),
  );
}

function edgeOf({ type, optional }: Column, row: number, index: number): TableRow[string] {
  if (row === EDGE_ROWS && optional) return null;
  return EDGES[type][(row + index) % EDGE_ROWS]!;
}

/** A sound row whose only values are one and `one`. */
export function plainRow(
  { columns }: TableSchema,
  differs: Record<string, unknown> = {},
): TableRow {
  const ones = { text: 'one', count: 1, boolean: true, instant: 1, call_money: 1n, money: 1n };
  const row = Object.fromEntries(columns.map(({ name, type }) => [name, ones[type]]));
  return { ...row, ...differs } as TableRow;
}
