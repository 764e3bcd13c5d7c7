import { tenantShown } from '../../../handlers/admin/shown.ts';
import { asAdmin, runVerb } from './administration.ts';
import { EXIT, UsageError, optional, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { printLine, tableText } from './output.ts';

const DATA = { data: { type: 'string' } } as const;

async function create(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(args, { ...DATA, 'cost-center': { type: 'string' } });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError('expected one NAME');
  const made = await asAdmin(required(values, 'data'), (admin) =>
    admin.createTenant(name, optional(values, 'cost-center') ?? null),
  );
  printLine(values['json'] === true ? JSON.stringify(tenantShown(made)) : made.tenant);
  return EXIT.fine;
}

async function list(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, DATA);
  const tenants = await asAdmin(required(values, 'data'), (admin) => admin.tenants());
  if (values['json'] === true) {
    printLine(JSON.stringify({ tenants: tenants.map(tenantShown) }));
    return EXIT.fine;
  }
  const columns = ['tenant', 'name', 'cost center'].map((name) => ({
    name,
    kind: 'text' as const,
  }));
  const rows = tenants.map(({ tenant, name, costCenter }) => [tenant, name, costCenter]);
  printLine(tableText({ columns, rows }));
  return EXIT.fine;
}

export const tenantsCommand: Command = {
  name: 'tenants',
  summary: 'make and list tenants',
  usage: 'create NAME [--cost-center C] --data DIR | list --data DIR',
  help: ['create  prints the id of the new tenant; it is minted, never chosen', 'list    by name'],
  run: async (args) => runVerb(args, { create, list }),
};
