import { createAdministration } from '../../../handlers/admin/administration.ts';
import type { Administration } from '../../../handlers/admin/administration.ts';
import { systemClock, systemRandom } from '../../node/system.ts';
import { openDataFolder } from '../data-folder.ts';
import { createSqliteStore } from '../sqlite-store.ts';
import { UsageError } from './command.ts';
import type { Command } from './command.ts';

/** Runs something as the admin of a data folder. */
export async function asAdmin<T>(
  data: string,
  work: (administration: Administration) => Promise<T>,
): Promise<T> {
  const folder = openDataFolder(data);
  const store = createSqliteStore({ file: folder.store });
  const ports = { store, records: store, limits: store, secrets: folder.secrets };
  try {
    return await work(
      createAdministration({ ...ports, clock: systemClock, random: systemRandom }, 'cli'),
    );
  } finally {
    store.close();
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
