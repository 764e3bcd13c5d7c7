import { BUDGET_MODES, BUDGET_PERIODS } from '../../../domain/budget.ts';
import type { BudgetPeriod } from '../../../domain/budget.ts';
import { formatUsd, parseUsd } from '../../../domain/money.ts';
import { WHERE, WHERE_HELP, WHERE_USAGE, asAdmin, runVerb } from './administration.ts';
import { EXIT, UsageError, oneOf, optional, readArgs, required } from './command.ts';
import type { Command, Options } from './command.ts';
import { printLine, tableText } from './output.ts';

const OF_TENANT = { ...WHERE, tenant: { type: 'string' } } as const;
const PERIOD = { period: { type: 'string' } } as const;

function periodOf(values: Options): BudgetPeriod {
  required(values, 'period');
  return oneOf(values, 'period', BUDGET_PERIODS);
}

async function set(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, {
    ...{ ...OF_TENANT, ...PERIOD, limit: { type: 'string' }, mode: { type: 'string' } },
    zone: { type: 'string' },
  });
  const tenant = required(values, 'tenant');
  const period = periodOf(values);
  const document = {
    limit: required(values, 'limit'),
    ...{ mode: oneOf(values, 'mode', BUDGET_MODES), zone: optional(values, 'zone') ?? 'UTC' },
  };
  await asAdmin(values, (admin) => admin.setBudget(tenant, period, document));
  const { mode, zone } = document;
  const limit = formatUsd(parseUsd(document.limit));
  const said = `${tenant}: ${limit} USD a ${period} (${mode}, ${zone})`;
  const shown = { tenant, period, limit, mode, zone };
  printLine(values['json'] === true ? JSON.stringify(shown) : said);
  return EXIT.fine;
}

async function remove(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, { ...OF_TENANT, ...PERIOD });
  const [tenant, period] = [required(values, 'tenant'), periodOf(values)];
  const removed = await asAdmin(values, async (admin) => {
    const had = (await admin.budgets(tenant)).some((budget) => budget.period === period);
    if (had) await admin.removeBudget(tenant, period);
    return had;
  });
  if (!removed) throw new UsageError(`--period: ${tenant} has no budget for a ${period}`);
  printLine(values['json'] === true ? JSON.stringify({ tenant, period }) : `removed ${period}`);
  return EXIT.fine;
}

async function show(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, OF_TENANT);
  const tenant = required(values, 'tenant');
  const standings = await asAdmin(values, (admin) => admin.budgets(tenant));
  if (values['json'] === true) {
    printLine(JSON.stringify({ tenant, budgets: standings }));
    return EXIT.fine;
  }
  const money = (name: string) => ({ name, kind: 'money' as const });
  const text = (name: string) => ({ name, kind: 'text' as const });
  const columns = [
    ...[text('period'), text('mode'), money('limit'), money('settled'), money('held')],
    ...[money('suspense'), money('left'), text('resets')],
  ];
  const rows = standings.map((one) => [
    ...[one.period, one.mode, one.limit, one.settled, one.held, one.suspense, one.left],
    one.resets,
  ]);
  printLine(tableText({ columns, rows }));
  return EXIT.fine;
}

export const budgetsCommand: Command = {
  name: 'budgets',
  summary: 'set, show and remove what a tenant may spend',
  usage: `set --tenant T --period day|week|month --limit USD [--mode strict|soft] [--zone ZONE] WHERE | show --tenant T WHERE | remove --tenant T --period P WHERE, where WHERE is ${WHERE_USAGE}`,
  help: [
    'set   strict (the default) refuses a call whose worst case does not fit; soft only warns',
    '      --zone  time zone whose midnights begin the periods, such as Europe/Berlin; weeks begin on Monday',
    'show  what is settled, held by running calls, in suspense, and left',
    'A change holds within five seconds, also in a gateway that runs.',
    ...WHERE_HELP,
  ],
  run: async (args) => runVerb(args, { set, show, remove }),
};
