import { readFileSync } from 'node:fs';
import type { Administrator } from './administrator.ts';
import { UsageError, optional, required } from './command.ts';
import type { Command, Options } from './command.ts';
import { inFolder } from './folder-administrator.ts';
import { createHttpAdministrator } from './http-administrator.ts';

/** Where it is that something is administered: a data folder, or a gateway. */
export const WHERE = {
  data: { type: 'string' },
  url: { type: 'string' },
  'operator-key-file': { type: 'string' },
} as const;
/** The same in words. */
export const WHERE_USAGE = '--data DIR | --url URL [--operator-key-file FILE]';
export const WHERE_HELP = [
  '--data  a folder of this machine, administered by whoever has it',
  '--url   a gateway, such as https://gateway.example; the operator’s credential is read from the file,',
  '        or from TOLLBOOK_OPERATOR_KEY',
];
const KEY_VARIABLE = 'TOLLBOOK_OPERATOR_KEY';

/** Runs something as an admin. @throws UsageError where nobody says of what. */
export function asAdmin<T>(
  values: Options,
  work: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  const url = optional(values, 'url');
  if (url === undefined) return inFolder(required(values, 'data'), work);
  if (values['data'] !== undefined) throw new UsageError('--url: expected it, or --data, not both');
  return work(createHttpAdministrator({ url: gatewayAt(url), credential: credentialFor(values) }));
}

/** A credential goes over no network that others can read. */
function gatewayAt(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const here = url && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && here))) {
    return `${url.origin}${url.pathname.replace(/\/$/, '')}`;
  }
  throw new UsageError(`--url: got ${text}, expected https://…, or http://… of this machine`);
}

function credentialFor(values: Options): string {
  const file = optional(values, 'operator-key-file');
  const text = file === undefined ? process.env[KEY_VARIABLE] : textOf(file);
  const credential = text?.trim() ?? '';
  if (/^[\x21-\x7e]+$/.test(credential)) return credential;
  throw new UsageError(`--operator-key-file or ${KEY_VARIABLE}: expected an operator's credential`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--operator-key-file ${file}: ${(error as Error).message}`);
  }
}

/** What a command does after its name, such as `create`. */
export type Verbs = Readonly<Record<string, Command['run']>>;

/** Runs the verb that stands first. @throws UsageError naming the verbs for any other. */
export function runVerb(args: readonly string[], verbs: Verbs): Promise<number> {
  const [verb, ...rest] = args;
  const run = verb === undefined ? undefined : verbs[verb];
  if (run) return run(rest);
  throw new UsageError(
    `got ${verb ?? 'nothing'}, expected one of ${Object.keys(verbs).join(', ')}`,
  );
}
