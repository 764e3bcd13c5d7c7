import { formatInstant } from '../../../domain/instant.ts';
import { ROLES } from '../../../handlers/admin/operators.ts';
import { asAdmin, asOperators, runVerb } from './administration.ts';
import { EXIT, UsageError, oneOf, optional, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { note, printLine, tableText } from './output.ts';

const DATA = { data: { type: 'string' } } as const;

async function create(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(args, {
    ...{ ...DATA, role: { type: 'string' }, tenant: { type: 'string' } },
  });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError('expected one NAME');
  required(values, 'role');
  const wish = { name, role: oneOf(values, 'role', ROLES), tenant: optional(values, 'tenant') };
  const { tenant } = wish;
  if (tenant !== undefined)
    await asAdmin(required(values, 'data'), (admin) => admin.tenant(tenant));
  const made = await asOperators(required(values, 'data'), (operators) =>
    operators.create({ ...wish, tenant: wish.tenant ?? null }),
  );
  const expires = formatInstant(made.expiresMs);
  const { id, credential } = made;
  if (values['json'] === true) printLine(JSON.stringify({ credential, id, expires_at: expires }));
  else {
    printLine(credential);
    note(`operator ${id}, until ${expires}. It is shown once and kept nowhere.`);
  }
  return EXIT.fine;
}

async function list(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, DATA);
  const operators = await asOperators(required(values, 'data'), (all) => all.list());
  if (values['json'] === true) {
    printLine(JSON.stringify({ operators }));
    return EXIT.fine;
  }
  const columns = ['operator', 'name', 'role', 'tenant', 'expires', 'revoked'].map((name) => ({
    ...{ name, kind: 'text' as const },
  }));
  const rows = operators.map((one) => [
    ...[one.id, one.name, one.role, one.tenant, one.expires_at, one.revoked_at],
  ]);
  printLine(tableText({ columns, rows }));
  return EXIT.fine;
}

async function revoke(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, { ...DATA, id: { type: 'string' } });
  const id = required(values, 'id');
  await asOperators(required(values, 'data'), (operators) => operators.revoke(id));
  printLine(values['json'] === true ? JSON.stringify({ id, revoked: true }) : `revoked ${id}`);
  return EXIT.fine;
}

export const operatorsCommand: Command = {
  name: 'operators',
  summary: 'make, list and revoke the credentials of the admin API',
  usage:
    'create NAME --role admin|analyst|auditor|tenant_admin [--tenant T] --data DIR | list --data DIR | revoke --id OPERATOR --data DIR',
  help: [
    'create  prints the credential for /admin/…: this is the only time that it is shown; it lives 90 days',
    '        --tenant  the one tenant of a tenant_admin',
  ],
  run: async (args) => runVerb(args, { create, list, revoke }),
};
