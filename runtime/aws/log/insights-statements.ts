import { TOKEN_METERS } from '../../../domain/meters.ts';
import type { TokenMeter } from '../../../domain/meters.ts';
import { USAGE_LINE_MARKER } from '../../../domain/usage-line.ts';
import { CLOCK_PAD_MS, LATEST_LINE_MS } from '../../../domain/window.ts';
import type { Window } from '../../../domain/window.ts';
import type { LogQuestion } from '../../../handlers/ports.ts';

/** What a statement calls its own fields, before the prefix. Letters and digits need no backticks. */
export const FIELD = {
  admitted: 'admitted',
  claimed: 'claimed',
  ago: 'ago',
  belongs: 'belongs',
  emitted: 'emitted',
  usage: 'usage',
  digits: 'digits',
  /** Start of the hour or minute that a row counts. */
  start: 'start',
  lines: 'lines',
} as const;

/** Name of a token meter's text in a line, and of its sum, before the prefix. */
export const METER_FIELD: Readonly<Record<TokenMeter, { text: string; sum: string }>> = {
  input: { text: 'input', sum: 'suminput' },
  cache_read: { text: 'read', sum: 'sumread' },
  cache_write_5m: { text: 'write5m', sum: 'sumwrite5m' },
  cache_write_1h: { text: 'write1h', sum: 'sumwrite1h' },
  output: { text: 'output', sum: 'sumoutput' },
};

/**
 * A question to the log in Logs Insights QL, by documented constructs alone. Pages named here are of
 * docs.aws.amazon.com/AmazonCloudWatch/latest/logs, read 2026-11-21:
 *
 * - `parse @message /…(?<name>…)…/`: a named group of the first match becomes a field; a line that
 *   does not match stays, without the field (CWL_QuerySyntax-Parse). No JSON field is used: at most
 *   200 are discovered in a line, and a line need not be JSON (CWL_AnalyzeLogData-discoverable-fields).
 * - A parsed text counts as a number where one is wanted: the pages compare and average such fields.
 * - `strcontains(text, part)`: 1 or 0. `coalesce(a, b)`: the first that is not null. `abs`, `least`,
 *   `greatest`, `+ - *`. `toMillis(time)` and `fromMillis(number)`: epoch milliseconds. `datefloor(time,
 *   1m)` truncates, where `bin` is said to round first (CWL_QuerySyntax-operations-functions).
 * - `stats count(*), sum(field) by field`: one row per value (CWL_QuerySyntax-Stats); a field that no
 *   line of the group has is left out of its row.
 * - Texts stand in single quotes, patterns between slashes (CWL_QuerySyntax-Filter).
 * - `display a, b`: only these; `@ptr` comes with every row of log lines (API_GetQueryResults).
 *
 * The statement says its range in milliseconds, and the request asks for a second more: whether an
 * inclusive `endTime` in seconds (API_StartQuery) holds that second's fractions is not documented.
 *
 * @param prefix - a word that nobody who writes lines can know: where `parse` finds nothing, a JSON
 * field of the same name might be taken for what it did not find.
 * @throws RangeError for a split that is neither `other` nor one to three hex digits.
 */
export function insightsStatement(question: LogQuestion, prefix: string): string {
  const name = fieldNames(prefix);
  switch (question.kind) {
    case 'hours':
      return joined([
        ...reading(name, question),
        `filter ${name.usage} = 1`,
        `fields datefloor(fromMillis(${name.belongs}), 1h) as ${name.start}`,
        `stats count(*) as ${name.lines} by ${name.usage}, ${name.start}`,
      ]);
    case 'minutes':
      return joined([
        ...TOKEN_METERS.map((meter) =>
          parsed(`"${meter}":(?<${prefix}${METER_FIELD[meter].text}>[0-9]{1,12})[,}]`),
        ),
        ...reading(name, question),
        `filter (${name.usage} = 1 and ${isWithin(name.belongs, question.window)})` +
          ` or (${name.usage} = 0 and ${isWithin(name.emitted, question.window)})`,
        `fields datefloor(@timestamp, 1m) as ${name.start}`,
        `stats count(*) as ${name.lines}, ${tokenSums(prefix)} by ${name.usage}, ${name.start}`,
      ]);
    case 'lines':
      return joined([
        ...reading(name, question),
        `filter ${name.usage} = 1 and ${isWithin(name.belongs, question.window)}`,
        ...(question.split === null ? [] : splitting(name.digits, question.split)),
        'sort @timestamp asc',
        'display @timestamp, @message',
      ]);
  }
}

type FieldNames = Readonly<Record<keyof typeof FIELD, string>>;

function fieldNames(prefix: string): FieldNames {
  const names = Object.entries(FIELD).map(([field, name]) => [field, prefix + name]);
  return Object.fromEntries(names) as FieldNames;
}

/** Of every line in range: is it a usage line, when was it emitted, which instant does it belong to? */
function reading(name: FieldNames, { fromS, toS }: LogQuestion): string[] {
  const { admitted, claimed, ago, belongs, emitted, usage } = name;
  const outside = `abs(${ago} - greatest(least(${ago}, ${LATEST_LINE_MS}), 0 - ${CLOCK_PAD_MS}))`;
  return [
    parsed(`"admitted_ms":(?<${admitted}>[1-9][0-9]{12})[,}]`),
    `fields strcontains(@message, '${USAGE_LINE_MARKER}') as ${usage}, toMillis(@timestamp) as ${emitted}`,
    `filter ${emitted} >= ${fromS * 1000} and ${emitted} <= ${toS * 1000 + 999}`,
    `fields coalesce(${admitted}, ${emitted}) as ${claimed}`,
    `fields ${emitted} - ${claimed} as ${ago}`,
    // domain/window.ts, windowTimeMs: what was claimed if it can be true, the emission if it cannot.
    // Milliseconds are whole: 1 - least(outside, 1) is 1 inside of what is credible and 0 beyond.
    `fields ${emitted} - ${ago} * (1 - least(${outside}, 1)) as ${belongs}`,
  ];
}

function isWithin(field: string, { startMs, endMs }: Window): string {
  return `${field} >= ${startMs} and ${field} < ${endMs}`;
}

const SPLIT = /^(?:other|[0-9a-f]{1,3})$/;

function splitting(digits: string, split: string): string[] {
  if (!SPLIT.test(split)) {
    throw new RangeError(`split: got ${split}, expected other or one to three hex digits`);
  }
  const head = '[0-9a-f]{8}-[0-9a-f]{4}-7';
  return [
    parsed(`"id":"${head}(?<${digits}>[0-9a-f]{3})-`),
    split === 'other' ? `filter not ispresent(${digits})` : `filter ${digits} like /^${split}/`,
  ];
}

function tokenSums(prefix: string): string {
  return TOKEN_METERS.map((meter) => METER_FIELD[meter])
    .map(({ text, sum }) => `sum(${prefix}${text}) as ${prefix}${sum}`)
    .join(', ');
}

function parsed(pattern: string): string {
  return `parse @message /${pattern}/`;
}

function joined(commands: readonly string[]): string {
  return commands.join('\n| ');
}
