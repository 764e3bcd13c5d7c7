/** What a column holds, for its alignment and its form in JSON. */
export type CellKind = 'text' | 'count' | 'money';

export interface ResultColumn {
  readonly name: string;
  readonly kind: CellKind;
}

/** A result: values as exact text, null where there is none. */
export interface Result {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}
