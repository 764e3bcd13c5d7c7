import * as arrow from 'apache-arrow';
import { DuckDBDecimalValue, DuckDBTimestampValue } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';

/** A value that its Arrow type would wrap or round. */
export class ArrowExportError extends Error {
  override readonly name = 'ArrowExportError';
}

interface ColumnForm {
  readonly type: arrow.DataType;
  readonly cell: (value: DuckDBValue) => unknown;
}

const INT64_LIMIT = 2n ** 63n;
const WORD = 0xffffffffn;

/**
 * Answers a statement as an Arrow IPC stream: exact decimals and 64-bit integers, where CSV would be
 * text and JSON would round.
 *
 * @throws ArrowExportError for a value that its type cannot hold.
 */
export async function arrowStream(connection: DuckDBConnection, sql: string): Promise<Uint8Array> {
  const reader = await connection.runAndReadAll(sql);
  const names = reader.deduplicatedColumnNames();
  const forms = reader.columnTypes().map((type) => formOf(String(type)));
  const builders = forms.map(({ type }) => arrow.makeBuilder({ type, nullValues: [null] }));
  for (const row of reader.getRows()) {
    for (const [index, form] of forms.entries()) {
      const value = row[index] ?? null;
      builders[index]?.append(value === null ? null : form.cell(value));
    }
  }
  const columns = builders.map((builder, index): [string, arrow.Vector] => [
    names[index] ?? `column${index}`,
    builder.finish().toVector(),
  ]);
  return arrow.tableToIPC(new arrow.Table(Object.fromEntries(columns)), 'stream');
}

function formOf(type: string): ColumnForm {
  const [, precision, scale] = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type) ?? [];
  if (precision !== undefined && scale !== undefined) {
    // apache-arrow takes the scale first.
    return { type: new arrow.Decimal(Number(scale), Number(precision), 128), cell: decimalWords };
  }
  if (/^U?(TINY|SMALL|BIG)?INT(EGER)?$/.test(type)) {
    return { type: new arrow.Int64(), cell: int64 };
  }
  if (type === 'HUGEINT' || type === 'UHUGEINT') {
    return { type: new arrow.Decimal(0, 38, 128), cell: (value) => words(value as bigint) };
  }
  if (type === 'BOOLEAN') return { type: new arrow.Bool(), cell: (value) => value };
  if (type === 'DOUBLE' || type === 'FLOAT') {
    return { type: new arrow.Float64(), cell: (value) => value };
  }
  if (type === 'TIMESTAMP') return { type: new arrow.TimestampMillisecond(), cell: milliseconds };
  return { type: new arrow.Utf8(), cell: (value) => String(value) };
}

function int64(value: DuckDBValue): bigint {
  const whole = BigInt(value as bigint | number);
  // The builder wraps what does not fit, without a word.
  if (whole >= INT64_LIMIT || whole < -INT64_LIMIT) {
    throw new ArrowExportError(`arrow: got ${whole}, expected 64 bits`);
  }
  return whole;
}

function decimalWords(value: DuckDBValue): Uint32Array {
  if (!(value instanceof DuckDBDecimalValue)) {
    throw new ArrowExportError(`arrow: got ${typeof value}, expected a decimal`);
  }
  return words(value.value);
}

/** 128 bits as four little-endian words in two's complement. */
function words(value: bigint): Uint32Array {
  if (value >= 10n ** 38n || value <= -(10n ** 38n)) {
    throw new ArrowExportError(`arrow: got ${value}, expected at most 38 digits`);
  }
  const bits = BigInt.asUintN(128, value);
  return Uint32Array.from([0n, 32n, 64n, 96n], (shift) => Number((bits >> shift) & WORD));
}

function milliseconds(value: DuckDBValue): number {
  if (!(value instanceof DuckDBTimestampValue)) {
    throw new ArrowExportError(`arrow: got ${typeof value}, expected a timestamp`);
  }
  return Number(value.micros / 1000n);
}
