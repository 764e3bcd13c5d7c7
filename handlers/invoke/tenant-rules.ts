import type { Budget } from '../../domain/budget.ts';
import type { Policy } from '../../domain/policy.ts';
import type { Clock, Records } from '../ports.ts';
import { BUDGETS_KIND, NO_DOCUMENTS, POLICY_KIND } from './tenant-documents.ts';
import { parseBudgets, parsePolicy } from './tenant-documents.ts';

/** What decides whether a call of a tenant is admitted. */
export interface TenantRules {
  readonly policy: Policy;
  readonly budgets: readonly Budget[];
}

/** The rules of a tenant, as they were at most a few seconds ago. */
export type RulesOf = (tenant: string) => Promise<TenantRules>;

/** A change of policy or budget holds for every call that is admitted this much later. */
export const RULES_AGE_MAX_MS = 5_000;

interface RulesPorts {
  readonly records: Pick<Records, 'find'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Reads rules, and remembers them for a few seconds: a read per call would cost more than it is worth. */
export function createTenantRules({ records, clock }: RulesPorts): RulesOf {
  const known = new Map<
    string,
    { readonly rules: Promise<TenantRules>; readonly untilMs: number }
  >();

  async function readRules(tenant: string): Promise<TenantRules> {
    const [policy, budgets] = await Promise.all([
      records.find(POLICY_KIND, tenant),
      records.find(BUDGETS_KIND, tenant),
    ]);
    return {
      policy: policy === undefined ? NO_DOCUMENTS.policy : parsePolicy(JSON.parse(policy)),
      budgets: budgets === undefined ? NO_DOCUMENTS.budgets : parseBudgets(JSON.parse(budgets)),
    };
  }

  return function rulesOf(tenant) {
    const nowMs = clock.now();
    const remembered = known.get(tenant);
    if (remembered && nowMs < remembered.untilMs) return remembered.rules;
    const rules = readRules(tenant);
    known.set(tenant, { rules, untilMs: nowMs + RULES_AGE_MAX_MS });
    // Rules that cannot be read admit nobody, and are asked for again.
    rules.catch(() => known.delete(tenant));
    return rules;
  };
}
