import { formatInstant, parseInstant } from '../../../domain/instant.ts';
import {
  AdministrationRefused,
  createAdministration,
} from '../../../handlers/admin/administration.ts';
import { KeyRefused } from '../../../handlers/admin/issue-key.ts';
import { OperatorRefused, createOperators } from '../../../handlers/admin/operators.ts';
import { keyShown, modelShown, standingShown, tenantShown } from '../../../handlers/admin/shown.ts';
import { DocumentError } from '../../../handlers/invoke/document-form.ts';
import { policyDocument } from '../../../handlers/invoke/tenant-documents.ts';
import { systemClock, systemRandom } from '../../node/system.ts';
import { openDataFolder } from '../data-folder.ts';
import { createSqliteStore } from '../sqlite/sqlite-store.ts';
import type { SqliteStore } from '../sqlite/sqlite-store.ts';
import type { Administrator } from './administrator.ts';
import { UsageError } from './command.ts';

/** As the audit log names whoever has the data folder itself. */
const ACTOR = 'cli';

/** Runs something as the admin of a data folder. @throws UsageError for words that make no sense. */
export async function inFolder<T>(
  data: string,
  work: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  const { store: file, secrets } = openDataFolder(data);
  const store = createSqliteStore({ file });
  try {
    return await work(administratorOf(store, secrets));
  } catch (error) {
    throw isWrongWord(error) ? new UsageError((error as Error).message) : error;
  } finally {
    store.close();
  }
}

/** Is it about what was written on the command line, and not about what is kept? */
function isWrongWord(error: unknown): boolean {
  if (error instanceof AdministrationRefused || error instanceof OperatorRefused) {
    return !error.missing;
  }
  if (error instanceof KeyRefused) return !error.conflict;
  return error instanceof DocumentError;
}

type Secrets = ReturnType<typeof openDataFolder>['secrets'];

function administratorOf(store: SqliteStore, secrets: Secrets): Administrator {
  const machine = { clock: systemClock, random: systemRandom, secrets };
  const ports = { store, records: store, limits: store, ...machine };
  const admin = createAdministration(ports, ACTOR);
  const operators = createOperators(ports, ACTOR);
  return {
    createTenant: async (name, costCenter) =>
      tenantShown(await admin.createTenant(name, costCenter)),
    tenants: async () => (await admin.tenants()).map(tenantShown),
    createKey: async (tenant, { project, expires_at: expires, teams }) => {
      const made = await admin.issueKey(tenant, {
        ...{ project, teams },
        ...(expires !== null && { expiresMs: parseInstant(expires) }),
      });
      return { key: made.text, id: made.keyId, expires_at: formatInstant(made.expiresMs) };
    },
    keys: async (tenant) => (await admin.keys(tenant)).map(keyShown),
    revokeKey: (tenant, id) => admin.revokeKey(tenant, id),
    policy: async (tenant) => policyDocument(await admin.policy(tenant)),
    setPolicy: async (tenant, document) => {
      await admin.setPolicy(tenant, document);
      return policyDocument(await admin.policy(tenant));
    },
    budgets: async (tenant) => (await admin.standing(tenant)).map(standingShown),
    setBudget: (tenant, period, document) => admin.setBudget(tenant, { ...document, period }),
    removeBudget: (tenant, period) => admin.removeBudget(tenant, period),
    models: async () => (await admin.models()).map(modelShown),
    setModel: async (id, document) => modelShown(await admin.setModel(id, document)),
    operators: () => operators.list(),
    createOperator: async (wish) => {
      if (wish.tenant !== null) await admin.tenant(wish.tenant);
      const { id, credential, expiresMs } = await operators.create(wish);
      return { id, credential, expires_at: formatInstant(expiresMs) };
    },
    revokeOperator: (id) => operators.revoke(id),
  };
}
