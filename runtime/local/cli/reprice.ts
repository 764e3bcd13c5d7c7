import { HOUR_MS, formatInstant } from '../../../domain/instant.ts';
import { formatUsd } from '../../../domain/money.ts';
import type { RepriceRow } from '../../../handlers/repricing/reprice-report.ts';
import { openPricedFolder } from '../book-source.ts';
import { reprice } from '../reprice.ts';
import type { RepriceResult } from '../reprice.ts';
import { EXIT, UsageError, instantOf, noMore, optional, readArgs, required } from './command.ts';
import type { Command, Options } from './command.ts';
import { printLine, tableText } from './output.ts';
import { tenantNames } from './report.ts';

export const repriceCommand: Command = {
  name: 'reprice',
  summary: 'what another price book would change in sealed hours, and the order to change it',
  usage: '--data DIR --from ISO --to ISO --book FILE|HASH [--apply --reason TEXT --by NAME]',
  help: [
    '--from    calls admitted since this hour; --to  before this one',
    '--book    a file that `prices build` wrote, or the hash of a book of the lake',
    '--apply   post the differences: the next window takes back what was charged and charges it',
    '          anew. What is sealed stays as it is; reason and name are kept with the order.',
  ],
  async run(args) {
    const { values, positionals } = readArgs(args, {
      data: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      book: { type: 'string' },
      apply: { type: 'boolean' },
      reason: { type: 'string' },
      by: { type: 'string' },
    });
    noMore(positionals);
    const [fromMs, toMs] = [hourOption(values, 'from'), hourOption(values, 'to')];
    if (fromMs >= toMs) throw new UsageError('--to: got nothing after --from');
    const apply = values['apply']
      ? { reason: required(values, 'reason'), by: required(values, 'by') }
      : null;
    const folder = openPricedFolder(required(values, 'data'));
    const result = await reprice({ folder, fromMs, toMs, apply, book: required(values, 'book') });
    const range = { from: formatInstant(fromMs), to: formatInstant(toMs) };
    if (values['json']) printLine(JSON.stringify({ ...range, ...answerOf(result) }, null, 2));
    else printLine(resultText(result, await tenantNames(folder.store)));
    return EXIT.fine;
  },
};

function hourOption(values: Options, name: string): number {
  const ms = instantOf(required(values, name), name);
  if (ms % HOUR_MS === 0) return ms;
  throw new UsageError(`--${name}: got ${optional(values, name) ?? ''}, expected a whole UTC hour`);
}

function figuresOf(rows: readonly RepriceRow[]) {
  const sum = (of: (row: RepriceRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const cost = (of: (row: RepriceRow) => bigint) =>
    rows.reduce((total, row) => total + of(row), 0n);
  return {
    calls: sum(({ calls }) => calls),
    repriced: sum(({ repriced }) => repriced),
    before: formatUsd(cost(({ before }) => before)),
    after: formatUsd(cost(({ after }) => after)),
    difference: formatUsd(cost(({ before, after }) => after - before)),
    unpriced_before: sum(({ unpricedBefore }) => unpricedBefore),
    unpriced_after: sum(({ unpricedAfter }) => unpricedAfter),
  };
}

function answerOf({ book, rows, order }: RepriceResult) {
  const each = rows.map((row) => ({ tenant: row.tenant, model: row.model, ...figuresOf([row]) }));
  return { book, rows: each, totals: figuresOf(rows), order };
}

const FIGURES = ['calls', 'repriced', 'before', 'after', 'difference'] as const;

/** For people: tenants by name. */
function resultText(result: RepriceResult, names: ReadonlyMap<string, string>): string {
  const { rows, totals, order } = answerOf(result);
  const columns = [
    ...['tenant', 'model'].map((name) => ({ name, kind: 'text' as const })),
    ...FIGURES.map((name) => ({
      name,
      kind: name === 'calls' || name === 'repriced' ? ('count' as const) : ('money' as const),
    })),
    { name: 'unpriced', kind: 'text' as const },
  ];
  const cells = (row: ReturnType<typeof figuresOf>) => [
    ...FIGURES.map((name) => String(row[name])),
    row.unpriced_before === row.unpriced_after
      ? String(row.unpriced_before)
      : `${row.unpriced_before} → ${row.unpriced_after}`,
  ];
  const table = tableText(
    {
      columns,
      rows: rows.map((row) => [names.get(row.tenant) ?? row.tenant, row.model, ...cells(row)]),
    },
    ['total', '', ...cells(totals)],
  );
  const act =
    order === null
      ? 'nothing was changed; --apply --reason … --by … gives the order'
      : `${order} waits for the next window: meter to carry it out`;
  return `${table}\n${act}`;
}
