import { WHERE, WHERE_HELP, WHERE_USAGE, asAdmin, runVerb } from './administration.ts';
import { EXIT, UsageError, optional, readArgs, required } from './command.ts';
import type { Command, Options } from './command.ts';
import { printLine } from './output.ts';

const OF_TENANT = { ...WHERE, tenant: { type: 'string' } } as const;
/** Options whose value is a whole number, or `none`, and the field of the policy each is for. */
const NUMBERS = {
  'output-tokens': 'output_tokens_max',
  attempts: 'attempts',
} as const;
const RATES = {
  'requests-per-minute': 'requests_per_minute',
  'tokens-per-minute': 'tokens_per_minute',
  concurrent: 'concurrent',
} as const;

function numberOf(values: Options, name: string): number | null | undefined {
  const text = optional(values, name);
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  if (!/^\d{1,10}$/.test(text)) {
    throw new UsageError(`--${name}: got ${text}, expected a whole number or none`);
  }
  return Number(text);
}

function numbersOf(values: Options, names: Readonly<Record<string, string>>) {
  return Object.entries(names).flatMap(([option, field]) => {
    const value = numberOf(values, option);
    return value === undefined ? [] : [[field, value] as const];
  });
}

function modelsOf(values: Options): { readonly models?: readonly string[] | null } {
  const text = optional(values, 'models');
  if (text === undefined) return {};
  if (text === 'all') return { models: null };
  const models = text.split(',').filter(Boolean);
  // A variable that is empty by accident would take every model away.
  if (models.length > 0) return { models };
  throw new UsageError('--models: got none, expected ids with commas between them, or all');
}

/** A document from the command line: `--policy` gives one whole, the other options single fields. */
function documentOf(values: Options, limits: object): object {
  const document = wholeOf(optional(values, 'policy') ?? '{}');
  const rates = numbersOf(values, RATES);
  return {
    ...document,
    ...modelsOf(values),
    ...Object.fromEntries(numbersOf(values, NUMBERS)),
    ...(rates.length > 0 && { limits: { ...limits, ...Object.fromEntries(rates) } }),
  };
}

function wholeOf(json: string): object {
  try {
    return JSON.parse(json) as object;
  } catch {
    throw new UsageError('--policy: got something else, expected JSON');
  }
}

async function set(args: readonly string[]): Promise<number> {
  const option = { type: 'string' } as const;
  const names = ['models', 'policy', ...Object.keys(NUMBERS), ...Object.keys(RATES)];
  const { values } = readArgs(args, {
    ...OF_TENANT,
    ...Object.fromEntries(names.map((name) => [name, option])),
  });
  const tenant = required(values, 'tenant');
  if (names.every((name) => optional(values, name) === undefined)) {
    throw new UsageError(
      `expected something to set: ${names.map((name) => `--${name}`).join(', ')}`,
    );
  }
  const policy = await asAdmin(values, async (admin) => {
    const { limits } = await admin.policy(tenant);
    return admin.setPolicy(tenant, documentOf(values, limits));
  });
  printLine(JSON.stringify({ tenant, ...policy }, null, values['json'] === true ? 0 : 2));
  return EXIT.fine;
}

async function show(args: readonly string[]): Promise<number> {
  const { values } = readArgs(args, OF_TENANT);
  const tenant = required(values, 'tenant');
  const policy = await asAdmin(values, (admin) => admin.policy(tenant));
  const document = { tenant, ...policy };
  printLine(JSON.stringify(document, null, values['json'] === true ? 0 : 2));
  return EXIT.fine;
}

export const policiesCommand: Command = {
  name: 'policies',
  summary: 'say which models a tenant may call, and how much at once',
  usage: `set --tenant T [--models a,b|all] [--output-tokens N] [--attempts N] [--requests-per-minute N] [--tokens-per-minute N] [--concurrent N] [--policy JSON] WHERE | show --tenant T WHERE, where WHERE is ${WHERE_USAGE}`,
  help: [
    'set   changes what is named and leaves the rest; none takes a limit away, all allows every model',
    '      --policy  fields that have no option: per_model, end_of_life, fallbacks, guardrail',
    'show  the whole policy as JSON',
    'A tenant without a policy may call every approved model. A change holds within five seconds.',
    ...WHERE_HELP,
  ],
  run: async (args) => runVerb(args, { set, show }),
};
