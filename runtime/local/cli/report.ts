import { formatInstant } from '../../../domain/instant.ts';
import { TOKEN_METERS } from '../../../domain/meters.ts';
import { openDataFolder } from '../data-folder.ts';
import { ask, openLake } from '../lake/lake-reader.ts';
import type { Result, ResultColumn } from '../lake/result.ts';
import { createSqliteStore } from '../sqlite/sqlite-store.ts';
import { EXIT, UsageError, instantOf, oneOf, optional, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { csvText, jsonRows, printLine, tableText } from './output.ts';

/** What a report can be broken down by. */
const GROUPS: Readonly<Record<string, string>> = {
  tenant: 'tenant',
  cost_center: 'cost_center',
  key: 'key',
  project: 'project',
  model: 'model',
  api: 'api',
  scope: 'scope',
  region: 'region',
  outcome: 'outcome',
  kind: 'kind',
  price_book: 'price_book',
  day: "date_format(window_start, '%Y-%m-%d')",
  hour: "date_format(window_start, '%Y-%m-%dT%H:00Z')",
};

export interface ReportQuestion {
  readonly lake: string;
  readonly by: readonly string[];
  /** UTC ms of admission hours, inclusive and exclusive. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** Usage and cost of sealed windows per group; cost is null where no row of a group is priced. */
export async function report(question: ReportQuestion): Promise<{ rows: Result; totals: Result }> {
  const where = [
    ...(question.fromMs === undefined ? [] : [`window_start >= ${sqlInstant(question.fromMs)}`]),
    ...(question.toMs === undefined ? [] : [`window_start < ${sqlInstant(question.toMs)}`]),
  ];
  const filter = where.length > 0 ? `WHERE ${where.join(' AND ')}` : '';
  const sums = [
    // A call that was repriced has three rows and is one call.
    "CAST(coalesce(sum(CASE WHEN kind = 'reversal' THEN -1 ELSE 1 END), 0) AS BIGINT) AS calls",
    ...TOKEN_METERS.map((meter) => `CAST(coalesce(sum(${meter}), 0) AS BIGINT) AS ${meter}`),
    'CAST(sum(cost) AS DECIMAL(38, 12)) AS cost',
    `CAST(coalesce(sum(CASE WHEN cost IS NOT NULL THEN 0 WHEN kind = 'reversal' THEN -1 ELSE 1 END), 0) AS BIGINT) AS unpriced`,
  ].join(', ');
  const groups = question.by.map((name) => `${GROUPS[name] ?? name} AS ${name}`);
  const positions = question.by.map((_, index) => index + 1).join(', ');
  const engine = await openLake(question.lake);
  try {
    const rows = await ask(
      engine,
      `SELECT ${[...groups, sums].join(', ')} FROM usage ${filter}
       ${positions === '' ? '' : `GROUP BY ${positions} ORDER BY ${positions}`}`,
    );
    const totals = await ask(engine, `SELECT ${sums} FROM usage ${filter}`);
    return { rows, totals };
  } finally {
    engine.close();
  }
}

function sqlInstant(ms: number): string {
  return `CAST('${formatInstant(ms).replace('T', ' ').replace('Z', '')}' AS TIMESTAMP)`;
}

/** The report for people: tenants by name, totals in the last line, unused meters left out. */
export function reportTable(
  { rows, totals }: { readonly rows: Result; readonly totals: Result },
  names: ReadonlyMap<string, string>,
): string {
  const tenant = rows.columns.findIndex(({ name }) => name === 'tenant');
  const named = rows.rows.map((row) =>
    row.map((cell, index) => (index === tenant ? (names.get(cell ?? '') ?? cell) : cell)),
  );
  if (tenant === 0) named.sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1));
  const groups = rows.columns.length - totals.columns.length;
  const sums = (totals.rows[0] ?? []).map((sum) => sum ?? '0');
  const lead = Array.from({ length: groups }, (_, index) => (index === 0 ? 'total' : ''));
  const last = [...lead, ...sums];

  const shown = rows.columns.flatMap((column, index) =>
    isUnused(column, last[index]) ? [] : index,
  );
  const pick = <Cell>(cells: readonly Cell[]) => shown.map((index) => cells[index] as Cell);
  return tableText(
    { columns: pick(rows.columns).map(titleOf), rows: named.map(pick) },
    groups > 0 ? pick(last) : undefined,
  );
}

const HIDDEN_AT_ZERO: ReadonlySet<string> = new Set([...TOKEN_METERS, 'unpriced']);

function isUnused({ name }: ResultColumn, sum: string | undefined): boolean {
  return HIDDEN_AT_ZERO.has(name) && sum === '0';
}

function titleOf(column: ResultColumn): ResultColumn {
  const titles: Record<string, string> = { cost: 'USD' };
  return { ...column, name: titles[column.name] ?? column.name.replaceAll('_', ' ') };
}

/** Names of tenants by id. */
export async function tenantNames(store: string): Promise<Map<string, string>> {
  const opened = createSqliteStore({ file: store });
  try {
    return new Map((await opened.tenants()).map(({ tenant, name }) => [tenant, name]));
  } finally {
    opened.close();
  }
}

export const reportCommand: Command = {
  name: 'report',
  summary: 'usage and cost of sealed windows, by tenant, model and more',
  usage: '--data DIR [--by tenant,model] [--from ISO] [--to ISO] [--format table|json|csv]',
  help: [
    `--by      columns to group by, of: ${Object.keys(GROUPS).join(', ')}`,
    '--from    first hour of admission, inclusive; --to is exclusive (UTC)',
    '--format  table for people; json and csv print money unrounded; --json is --format json',
  ],
  async run(args) {
    const { values } = readArgs(args, {
      data: { type: 'string' },
      by: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      format: { type: 'string' },
    });
    const folder = openDataFolder(required(values, 'data'));
    const by = (optional(values, 'by') ?? 'tenant,model').split(',').filter((name) => name !== '');
    const unknown = by.find((name) => !(name in GROUPS));
    if (unknown !== undefined) {
      throw new UsageError(`--by: got ${unknown}, expected ${Object.keys(GROUPS).join(', ')}`);
    }
    const format = values['json'] ? 'json' : oneOf(values, 'format', ['table', 'json', 'csv']);
    const [from, to] = [optional(values, 'from'), optional(values, 'to')];
    const result = await report({
      lake: folder.lake,
      by,
      ...(from !== undefined && { fromMs: instantOf(from, 'from') }),
      ...(to !== undefined && { toMs: instantOf(to, 'to') }),
    });
    if (format === 'csv') printLine(csvText(result.rows));
    else if (format === 'json') printLine(reportJson(result));
    else printLine(reportTable(result, await tenantNames(folder.store)));
    return EXIT.fine;
  },
};

function reportJson({ rows, totals }: { readonly rows: Result; readonly totals: Result }): string {
  const [sums = {}] = jsonRows(totals);
  // Nothing priced adds up to nothing; only a group's own cost can be unknown.
  const all = { ...sums, cost: sums['cost'] ?? '0' };
  return JSON.stringify({ rows: jsonRows(rows), totals: all }, null, 2);
}
