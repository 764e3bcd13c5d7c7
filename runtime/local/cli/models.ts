import { MODEL_KINDS, MODEL_STATUSES } from '../../../domain/model-registry.ts';
import { WHERE, WHERE_HELP, WHERE_USAGE, asAdmin, runVerb } from './administration.ts';
import { EXIT, UsageError, oneOf, optional, readArgs } from './command.ts';
import type { Command, Options } from './command.ts';
import { printLine, tableText } from './output.ts';

/** Options whose text goes into the document as it is, and the field each is for. */
const TEXTS = {
  upstream: 'upstream',
  'priced-as': 'priced_as',
  version: 'version',
  lineage: 'lineage',
  owner: 'owner',
  'price-source': 'price_source',
} as const;

function documentOf(values: Options): object {
  const texts = Object.entries(TEXTS).flatMap(([option, field]) => {
    const value = optional(values, option);
    return value === undefined ? [] : [[field, value] as const];
  });
  return {
    ...Object.fromEntries(texts),
    ...(optional(values, 'kind') !== undefined && { kind: oneOf(values, 'kind', MODEL_KINDS) }),
    ...(optional(values, 'status') !== undefined && {
      status: oneOf(values, 'status', MODEL_STATUSES),
    }),
  };
}

async function set(args: readonly string[]): Promise<number> {
  const option = { type: 'string' } as const;
  const names = [...Object.keys(WHERE), 'kind', 'status', ...Object.keys(TEXTS)];
  const { values, positionals } = readArgs(
    args,
    Object.fromEntries(names.map((name) => [name, option])),
  );
  const [id, ...others] = positionals;
  if (id === undefined || others.length > 0) throw new UsageError('expected one MODEL');
  const model = await asAdmin(values, (admin) => admin.setModel(id, documentOf(values)));
  printLine(JSON.stringify(model, null, values['json'] === true ? 0 : 2));
  return EXIT.fine;
}

async function list(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, WHERE);
  const models = await asAdmin(values, (admin) => admin.models());
  if (values['json'] === true) {
    printLine(JSON.stringify({ models }));
    return EXIT.fine;
  }
  const columns = ['model', 'kind', 'status', 'version', 'owner', 'priced as', 'upstream'];
  const rows = models.map((one) => [
    ...[one.model, one.kind, one.status, one.version, one.owner, one.priced_as, one.upstream],
  ]);
  printLine(tableText({ columns: columns.map((name) => ({ name, kind: 'text' })), rows }));
  return EXIT.fine;
}

export const modelsCommand: Command = {
  name: 'models',
  summary: 'onboard models of your own and say who may call them',
  usage: `set MODEL [--owner NAME] [--kind KIND] [--upstream ID] [--priced-as ID] [--version V] [--lineage ID] [--price-source TEXT] [--status STATUS] WHERE | list WHERE, where WHERE is ${WHERE_USAGE}`,
  help: [
    `set  --kind    ${MODEL_KINDS.join(', ')}`,
    `     --status  ${MODEL_STATUSES.join(', ')}; preview (the default) only for tenants whose policy names it`,
    '     --upstream   id or ARN that is called in the place of MODEL',
    '     --priced-as  id under which the price book has its prices',
    'Models that Bedrock sells need no entry: they are approved under their own ids.',
    ...WHERE_HELP,
  ],
  run: async (args) => runVerb(args, { set, list }),
};
