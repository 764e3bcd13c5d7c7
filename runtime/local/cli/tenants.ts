import { WHERE, WHERE_HELP, WHERE_USAGE, asAdmin, runVerb } from './administration.ts';
import { EXIT, UsageError, optional, readArgs } from './command.ts';
import type { Command } from './command.ts';
import { printLine, tableText } from './output.ts';

async function create(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(args, { ...WHERE, 'cost-center': { type: 'string' } });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError('expected one NAME');
  const made = await asAdmin(values, (admin) =>
    admin.createTenant(name, optional(values, 'cost-center') ?? null),
  );
  printLine(values['json'] === true ? JSON.stringify(made) : made.tenant);
  return EXIT.fine;
}

async function list(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, WHERE);
  const tenants = await asAdmin(values, (admin) => admin.tenants());
  if (values['json'] === true) {
    printLine(JSON.stringify({ tenants }));
    return EXIT.fine;
  }
  const columns = ['tenant', 'name', 'cost center'].map((name) => ({
    name,
    kind: 'text' as const,
  }));
  const rows = tenants.map((one) => [one.tenant, one.name, one.cost_center]);
  printLine(tableText({ columns, rows }));
  return EXIT.fine;
}

export const tenantsCommand: Command = {
  name: 'tenants',
  summary: 'make and list tenants',
  usage: `create NAME [--cost-center C] WHERE | list WHERE, where WHERE is ${WHERE_USAGE}`,
  help: [
    'create  prints the id of the new tenant; it is minted, never chosen',
    'list    by name',
    ...WHERE_HELP,
  ],
  run: async (args) => runVerb(args, { create, list }),
};
