import type { ResultField } from '@aws-sdk/client-cloudwatch-logs';
import { NO_TOKENS, TOKEN_METERS } from '../../../domain/meters.ts';
import type { TokenMeter } from '../../../domain/meters.ts';
import { LogQueryFailed } from '../../../handlers/ports.ts';
import type { LogCount, LogRow } from '../../../handlers/ports.ts';
import { FIELD, METER_FIELD } from './insights-statements.ts';

/** One row of an answer: fields by name, all of them texts, missing ones left out. */
export type InsightsRow = ReadonlyMap<string, string>;

/** The fields of a row, as the SDK hands them out. */
export function rowOf(fields: readonly ResultField[]): InsightsRow {
  return new Map(fields.map(({ field = '', value = '' }) => [field, value]));
}

/** A line of the log. @throws LogQueryFailed if the row is not one. */
export function logRowOf(row: InsightsRow): LogRow {
  const [timestamp, ptr, message] = ['@timestamp', '@ptr', '@message'].map((name) => row.get(name));
  if (timestamp === undefined || ptr === undefined || message === undefined) {
    const got = [...row.keys()].join(', ');
    throw new LogQueryFailed(`log row: got ${got}, expected @timestamp, @ptr and @message`);
  }
  return { timestampMs: instantOf(timestamp), ptr, message };
}

/** Counts of an answer, and its foreign lines. */
export interface InsightsCounts {
  readonly counts: readonly LogCount[];
  readonly foreign: number;
}

/**
 * Reads the rows of a counting question; rows of lines give no counts.
 *
 * @param prefixLength - of the names that the statement gave its fields.
 * @throws LogQueryFailed for a figure that is not a whole number.
 */
export function countsOf(rows: readonly InsightsRow[], prefixLength: number): InsightsCounts {
  const counts: LogCount[] = [];
  let foreign = 0;
  for (const row of rows) {
    if (row.has('@message')) continue;
    const values = new Map([...row].map(([field, value]) => [field.slice(prefixLength), value]));
    const lines = wholeOf(values, FIELD.lines);
    if (wholeOf(values, FIELD.usage) === 0) {
      foreign += lines;
      continue;
    }
    const tokens: Record<TokenMeter, number> = { ...NO_TOKENS };
    for (const meter of TOKEN_METERS) {
      // Absent where no line of the row has such a count, and in questions that ask for none.
      const { sum } = METER_FIELD[meter];
      if (values.has(sum)) tokens[meter] = wholeOf(values, sum);
    }
    counts.push({ startMs: instantOf(values.get(FIELD.start) ?? ''), lines, tokens });
  }
  counts.sort((a, b) => a.startMs - b.startMs);
  return { counts, foreign };
}

const WHOLE = /^\d+(?:\.\d+)?(?:[Ee]\+?\d+)?$/;

/** Sums may be written as doubles are: `7.0`, `1.2E7`. */
function wholeOf(values: InsightsRow, field: string): number {
  const text = values.get(field) ?? '';
  const figure = WHOLE.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(figure)) return figure;
  throw new LogQueryFailed(
    `log count ${field}: got ${JSON.stringify(text)}, expected a whole number`,
  );
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})$/;

function instantOf(text: string): number {
  const [, day = '', time = ''] = TIMESTAMP.exec(text) ?? [];
  const ms = Date.parse(`${day}T${time}Z`);
  if (!Number.isNaN(ms)) return ms;
  throw new LogQueryFailed(
    `log timestamp: got ${JSON.stringify(text)}, expected YYYY-MM-DD HH:MM:SS.sss in UTC`,
  );
}
