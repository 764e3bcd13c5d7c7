import type { TrinoAnswer } from './trino/client.ts';
import type { DuckDbEngine } from '../../runtime/local/lake/duckdb-engine.ts';
import { cellText } from '../../runtime/local/lake/result.ts';
import { bindValues } from '../../runtime/node/statement-values.ts';

/** An answer in words that both engines share: names in lower case, types of Hive, instants to the µs. */
export interface Answer {
  /** `name type`. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** What DuckDB answers. */
export async function duckDbAnswer(
  engine: DuckDbEngine,
  sql: string,
  values: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const text = bindValues(sql, values);
  const reader = await (await engine.connect(text)).runAndReadAll(text);
  const types = reader.columnTypes().map(String);
  const columns = reader.columnNames().map((name, at) => ({ name, type: types[at] ?? '' }));
  return inSharedWords({ columns, rows: reader.getRowsJson().map((row) => row.map(cellText)) });
}

/** An answer of either engine in the words that they share. */
export function inSharedWords({ columns, rows }: TrinoAnswer): Answer {
  const types = columns.map(({ type }) => hiveType(type));
  return {
    columns: columns.map(({ name }, at) => `${name.toLowerCase()} ${types[at] ?? ''}`),
    rows: rows.map((row) => row.map((value, at) => shared(value, types[at] ?? ''))),
  };
}

/** The same rows in an order that says nothing. */
export function anyOrder({ columns, rows }: Answer): Answer {
  const sorted = rows.map((row) => [JSON.stringify(row), row] as const);
  return { columns, rows: sorted.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row) };
}

/** A text's length is a type of its own in Trino, and a timestamp's precision. */
function hiveType(type: string): string {
  const name = type.toLowerCase().replaceAll(' ', '');
  if (/^varchar(\(\d+\))?$/.test(name)) return 'string';
  return /^timestamp(\(3\))?$/.test(name) ? 'timestamp' : name;
}

function shared(value: string | null, type: string): string | null {
  if (value === null || type !== 'timestamp') return value;
  const [whole = '', fraction = ''] = value.split('.');
  return `${whole}.${fraction.padEnd(6, '0')}`;
}
