import { formatInstant } from '../../../domain/instant.ts';
import { WHERE, WHERE_HELP, WHERE_USAGE, asAdmin, runVerb } from './administration.ts';
import { EXIT, instantOf, optional, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { note, printLine, tableText } from './output.ts';

const OF_TENANT = { ...WHERE, tenant: { type: 'string' } } as const;

async function create(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, {
    ...OF_TENANT,
    ...{ expires: { type: 'string' }, project: { type: 'string' }, teams: { type: 'string' } },
  });
  const expires = optional(values, 'expires');
  const teams = optional(values, 'teams')?.split(',').filter(Boolean) ?? [];
  const made = await asAdmin(values, (admin) =>
    admin.createKey(required(values, 'tenant'), {
      project: optional(values, 'project') ?? null,
      expires_at: expires === undefined ? null : formatInstant(instantOf(expires, 'expires')),
      teams,
    }),
  );
  if (values['json'] === true) {
    printLine(JSON.stringify(made));
    return EXIT.fine;
  }
  printLine(made.key);
  note(`key ${made.id}, until ${made.expires_at}. It is shown once and kept nowhere.`);
  return EXIT.fine;
}

async function list(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, OF_TENANT);
  const shown = await asAdmin(values, (admin) => admin.keys(required(values, 'tenant')));
  if (values['json'] === true) printLine(JSON.stringify({ keys: shown }));
  else {
    const columns = ['key', 'project', 'expires', 'revoked', 'acts for'].map((name) => ({
      ...{ name, kind: 'text' as const },
    }));
    const rows = shown.map((key) => [
      ...[key.id, key.project, key.expires_at, key.revoked_at, key.teams.join(' ')],
    ]);
    printLine(tableText({ columns, rows }));
  }
  return EXIT.fine;
}

async function revoke(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, { ...OF_TENANT, id: { type: 'string' } });
  const [tenant, id] = [required(values, 'tenant'), required(values, 'id')];
  await asAdmin(values, (admin) => admin.revokeKey(tenant, id));
  printLine(values['json'] === true ? JSON.stringify({ id, revoked: true }) : `revoked ${id}`);
  return EXIT.fine;
}

export const keysCommand: Command = {
  name: 'keys',
  summary: 'make, list and revoke API keys',
  usage: `create --tenant T [--project P] [--expires ISO] [--teams T2,T3] WHERE | list --tenant T WHERE | revoke --tenant T --id KEY WHERE, where WHERE is ${WHERE_USAGE}`,
  help: [
    'create  prints the key: this is the only time that it is shown; at most two of a project live',
    '        --expires  at most a year from now, which is what it is without',
    '        --teams    other tenants that the key may act for by the team_id header',
    'revoke  it is refused within a minute',
    ...WHERE_HELP,
  ],
  run: async (args) => runVerb(args, { create, list, revoke }),
};
