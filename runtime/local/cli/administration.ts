import {
  AdministrationRefused,
  createAdministration,
} from '../../../handlers/admin/administration.ts';
import type {
  Administration,
  AdministrationPorts,
} from '../../../handlers/admin/administration.ts';
import { DocumentError } from '../../../handlers/invoke/document-form.ts';
import { createOperators } from '../../../handlers/admin/operators.ts';
import { systemClock, systemRandom } from '../../node/system.ts';
import { openDataFolder } from '../data-folder.ts';
import { createSqliteStore } from '../sqlite-store.ts';
import { UsageError } from './command.ts';
import type { Command } from './command.ts';

/** As the audit log names whoever has the data folder itself. */
const ACTOR = 'cli';

/** Runs something as the admin of a data folder. */
export function asAdmin<T>(
  data: string,
  work: (administration: Administration) => Promise<T>,
): Promise<T> {
  return withFolder(data, (ports) => work(createAdministration(ports, ACTOR)));
}

/** Runs something as whoever makes the operators of a data folder. */
export function asOperators<T>(
  data: string,
  work: (operators: ReturnType<typeof createOperators>) => Promise<T>,
): Promise<T> {
  return withFolder(data, (ports) => work(createOperators(ports, ACTOR)));
}

async function withFolder<T>(
  data: string,
  work: (ports: AdministrationPorts) => Promise<T>,
): Promise<T> {
  const { store: file, secrets } = openDataFolder(data);
  const store = createSqliteStore({ file });
  const machine = { clock: systemClock, random: systemRandom };
  try {
    return await work({ store, records: store, limits: store, secrets, ...machine });
  } catch (error) {
    throw isWrongWord(error) ? new UsageError((error as Error).message) : error;
  } finally {
    store.close();
  }
}

/** Is it about what was written on the command line, and not about what is kept? */
function isWrongWord(error: unknown): boolean {
  if (error instanceof AdministrationRefused) return !error.missing;
  return error instanceof DocumentError;
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
