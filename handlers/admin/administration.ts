import type { Budget, BudgetPeriod } from '../../domain/budget.ts';
import type { RegisteredModel } from '../../domain/model-registry.ts';
import { TEXT_LIMITS } from '../../domain/usage-line.ts';
import type { SecretMac } from '../edge/authenticate.ts';
import { budgetStandings } from '../invoke/budget-standing.ts';
import type { BudgetStanding } from '../invoke/budget-standing.ts';
import { createCheckPolicy } from './check-policy.ts';
import { createAddTenant, createIssueKey, createRevokeKeys } from './issue-key.ts';
import type { IssuedKey, KeyWish } from './issue-key.ts';
import { RecordConflict } from '../ports.ts';
import type { ApiKeyRecord, AuditEntry, Clock, Limits } from '../ports.ts';
import type { Random, Records, Store, TenantRecord } from '../ports.ts';
import { MODEL_KIND, modelDocument, parseModel } from '../invoke/model-documents.ts';
import { BUDGETS_KIND, POLICY_KIND, budgetsDocument } from '../invoke/tenant-documents.ts';
import {
  NO_DOCUMENTS,
  parseBudget,
  parseBudgets,
  parsePolicy,
  policyDocument,
} from '../invoke/tenant-documents.ts';

export interface AdministrationPorts {
  readonly store: Pick<Store, 'putTenant' | 'tenants' | 'putKey' | 'keysOf'>;
  readonly records: Records;
  readonly limits: Pick<Limits, 'counters'>;
  readonly secrets: SecretMac;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
}

/** Nothing of that name, or words that cannot be used. */
export class AdministrationRefused extends Error {
  override readonly name = 'AdministrationRefused';
  /** Is the thing that was asked for not there? */
  readonly missing: boolean;

  constructor(message: string, missing = false) {
    super(message);
    this.missing = missing;
  }
}

/** What a usage line can carry: printable ASCII but quote and backslash. */
const LINE_TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;
const NAME = /^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u;
/** Writers that overtake each other; more than this is no accident. */
const TRIES = 5;

/**
 * What admins do, whoever they are and however they ask. Every change is written together with its
 * entry in the audit log.
 *
 * @param actor - Who does it, as the audit log will say.
 */
export function createAdministration(ports: AdministrationPorts, actor: string) {
  const directory = administerDirectory(ports, actor);
  return {
    ...directory,
    ...administerPolicies(ports, actor, directory.tenant),
    ...administerBudgets(ports, actor, directory.tenant),
    ...administerModels(ports, actor),
    auditLog: (fromMs: number, toMs: number): Promise<readonly AuditEntry[]> =>
      ports.records.auditLog(fromMs, toMs),
  };
}

type FindTenant = (id: string) => Promise<TenantRecord>;

function administerDirectory(ports: AdministrationPorts, actor: string) {
  const { store, random, clock, secrets } = ports;
  const made = { store, random, clock, actor };
  const addTenant = createAddTenant(made);
  const issueKey = createIssueKey({ ...made, secrets });
  const revokeKeys = createRevokeKeys(made);

  const tenant: FindTenant = async (id) => {
    const found = (await store.tenants()).find((one) => one.tenant === id);
    if (found) return found;
    throw new AdministrationRefused(`tenant ${id}: got none of that id`, true);
  };

  return {
    tenant,
    tenants: () => store.tenants(),
    createTenant: async (name: string, costCenter: string | null): Promise<TenantRecord> => {
      if (!NAME.test(name)) {
        throw new AdministrationRefused('name: expected 1 to 100 printable characters');
      }
      requireLineText('cost_center', costCenter);
      return addTenant(name, costCenter);
    },
    keys: async (id: string): Promise<readonly ApiKeyRecord[]> =>
      store.keysOf((await tenant(id)).tenant),
    issueKey: async (id: string, wish: KeyWish): Promise<IssuedKey> => {
      requireLineText('project', wish.project ?? null);
      for (const team of wish.teams ?? []) await tenant(team);
      return issueKey(await tenant(id), wish);
    },
    revokeKey: async (id: string, keyId: string) => {
      const keys = await store.keysOf((await tenant(id)).tenant);
      if (keys.some((key) => key.keyId === keyId)) return revokeKeys(id, keyId);
      throw new AdministrationRefused(`key ${keyId}: got none of that id`, true);
    },
  };
}

function administerPolicies(ports: AdministrationPorts, actor: string, tenant: FindTenant) {
  const change = createChange(ports, { kind: POLICY_KIND, actor });
  const checkPolicy = createCheckPolicy(ports);
  return {
    policy: async (id: string) => {
      const json = await ports.records.find(POLICY_KIND, (await tenant(id)).tenant);
      return json === undefined ? NO_DOCUMENTS.policy : parsePolicy(JSON.parse(json));
    },
    /** Changes what `document` names and leaves the rest of the policy as it is. */
    setPolicy: async (id: string, document: object) => {
      await tenant(id);
      await change(id, 'policy.set', async (before) => {
        const base = before === undefined ? {} : (JSON.parse(before) as object);
        const policy = parsePolicy({ ...base, ...document });
        await checkPolicy(policy);
        return policyDocument(policy);
      });
    },
  };
}

function administerModels(ports: AdministrationPorts, actor: string) {
  const change = createChange(ports, { kind: MODEL_KIND, actor });
  return {
    models: async (): Promise<readonly RegisteredModel[]> =>
      (await ports.records.list(MODEL_KIND)).map(({ id, json }) =>
        parseModel(id, JSON.parse(json)),
      ),
    /** Onboards a model, or changes what `document` names of it. */
    setModel: async (id: string, document: object): Promise<RegisteredModel> => {
      let set: RegisteredModel | undefined;
      await change(id, 'model.set', (before) => {
        const base = before === undefined ? {} : (JSON.parse(before) as object);
        set = parseModel(id, { ...base, ...document });
        return modelDocument(set);
      });
      return set as unknown as RegisteredModel;
    },
  };
}

function administerBudgets(ports: AdministrationPorts, actor: string, tenant: FindTenant) {
  const change = createChange(ports, { kind: BUDGETS_KIND, actor });
  const budgets = async (id: string): Promise<readonly Budget[]> =>
    budgetsIn(await ports.records.find(BUDGETS_KIND, (await tenant(id)).tenant));

  return {
    budgets,
    /** Sets the one budget of its period. */
    setBudget: async (id: string, document: object) => {
      await tenant(id);
      const wanted = parseBudget(document);
      await change(id, 'budget.set', (before) => {
        const others = budgetsIn(before).filter(({ period }) => period !== wanted.period);
        return budgetsDocument([...others, wanted]);
      });
    },
    removeBudget: async (id: string, period: BudgetPeriod) => {
      await tenant(id);
      await change(id, 'budget.remove', (before) =>
        budgetsDocument(budgetsIn(before).filter((one) => one.period !== period)),
      );
    },
    /** How the budgets of a tenant stand now. */
    standing: async (id: string): Promise<readonly BudgetStanding[]> => {
      const of = { tenant: id, budgets: await budgets(id), atMs: ports.clock.now() };
      return budgetStandings(ports.limits, of);
    },
  };
}

export type Administration = ReturnType<typeof createAdministration>;

function budgetsIn(json: string | undefined): readonly Budget[] {
  return json === undefined ? [] : parseBudgets(JSON.parse(json));
}

function requireLineText(field: 'cost_center' | 'project', text: string | null): void {
  const most = TEXT_LIMITS[field];
  if (text === null || (text.length <= most && LINE_TEXT.test(text))) return;
  throw new AdministrationRefused(
    `${field}: expected 1 to ${most} printable ASCII characters, no quote and no backslash`,
  );
}

/** Reads, changes and writes a document of a kind; who was overtaken reads again. */
function createChange(
  { records, clock }: AdministrationPorts,
  { kind, actor }: { readonly kind: string; readonly actor: string },
) {
  return async function change(
    id: string,
    action: string,
    changed: (before: string | undefined) => object | Promise<object>,
  ): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const before = await records.find(kind, id);
      const json = JSON.stringify(await changed(before));
      try {
        const entry = { atMs: clock.now(), actor, action, subject: id, json };
        await records.change({ kind, id, json }, before, entry);
        return;
      } catch (error) {
        if (!(error instanceof RecordConflict) || tries === TRIES) throw error;
      }
    }
  };
}
