import { ROLES } from '../../../handlers/admin/operators.ts';
import { WHERE, WHERE_HELP, WHERE_USAGE, asAdmin, runVerb } from './administration.ts';
import { EXIT, UsageError, oneOf, optional, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { note, printLine, tableText } from './output.ts';

async function create(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(args, {
    ...{ ...WHERE, role: { type: 'string' }, tenant: { type: 'string' } },
  });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError('expected one NAME');
  required(values, 'role');
  const wish = { name, role: oneOf(values, 'role', ROLES), tenant: optional(values, 'tenant') };
  const made = await asAdmin(values, (admin) =>
    admin.createOperator({ ...wish, tenant: wish.tenant ?? null }),
  );
  const { id, credential, expires_at: expires } = made;
  if (values['json'] === true) printLine(JSON.stringify({ credential, id, expires_at: expires }));
  else {
    printLine(credential);
    note(`operator ${id}, until ${expires}. It is shown once and kept nowhere.`);
  }
  return EXIT.fine;
}

async function list(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, WHERE);
  const operators = await asAdmin(values, (admin) => admin.operators());
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
  const { values } = readArgs(args, { ...WHERE, id: { type: 'string' } });
  const id = required(values, 'id');
  await asAdmin(values, (admin) => admin.revokeOperator(id));
  printLine(values['json'] === true ? JSON.stringify({ id, revoked: true }) : `revoked ${id}`);
  return EXIT.fine;
}

export const operatorsCommand: Command = {
  name: 'operators',
  summary: 'make, list and revoke the credentials of the admin API',
  usage: `create NAME --role admin|analyst|auditor|tenant_admin [--tenant T] WHERE | list WHERE | revoke --id OPERATOR WHERE, where WHERE is ${WHERE_USAGE}`,
  help: [
    'create  prints the credential for /admin/…: this is the only time that it is shown; it lives 90 days',
    '        --tenant  the one tenant of a tenant_admin',
    ...WHERE_HELP,
  ],
  run: async (args) => runVerb(args, { create, list, revoke }),
};
