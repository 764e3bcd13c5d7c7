/** What a column holds, for its alignment and its form in JSON. */
export type CellKind = 'text' | 'count' | 'money';

export interface ResultColumn {
  readonly name: string;
  readonly kind: CellKind;
}

/** The exact text of a value that DuckDB gave as JSON. */
export function cellText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A result: values as exact text, null where there is none. */
export interface Result {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}
