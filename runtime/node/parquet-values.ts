import type { TableRow } from '../../domain/lake.ts';

/** Part of the bytes, so the same in every world. */
export const ROW_GROUP_ROWS = 20_000;

/** A value of a row. */
export type Cell = TableRow[string];

/** The least and the greatest value of a chunk; undefined where there is none. */
export interface Bounds {
  readonly min: string | bigint | boolean | undefined;
  readonly max: string | bigint | boolean | undefined;
}

/** Values of one column of one row group, as they are written. */
export interface PlainValues extends Bounds {
  /** Every value in the order of the rows, or each once where `indexes` says which row has which. */
  readonly plain: Uint8Array;
  /** Values in `plain`. */
  readonly distinct: number;
  readonly indexes: Int32Array | null;
}

/** Gathers the values of one column of a row group. */
export interface ValueList {
  /** @returns false if the column cannot hold the value exactly. */
  add(value: unknown): boolean;
  /** What was added, and begins anew. Arrays may be the list's own: use them before the next `add`. */
  take(): PlainValues;
}

/** Is writing each value once, with an index per row, at most half of writing all? */
export function isWorthIt(sizes: readonly number[], indexes: Int32Array): boolean {
  if (indexes.length === 0) return false;
  let [once, every] = [0, 0];
  for (const size of sizes) once += size;
  for (const index of indexes) every += sizes[index] ?? 0;
  const indexBytes = Math.ceil((indexes.length * Math.ceil(Math.log2(sizes.length))) / 8);
  return 2 * (once + indexBytes) <= every;
}
