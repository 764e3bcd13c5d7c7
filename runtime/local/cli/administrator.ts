import type { BudgetPeriod } from '../../../domain/budget.ts';
import type {
  keyShown,
  modelShown,
  standingShown,
  tenantShown,
} from '../../../handlers/admin/shown.ts';
import type { createOperators, OperatorWish } from '../../../handlers/admin/operators.ts';
import type { policyDocument } from '../../../handlers/invoke/tenant-documents.ts';

export type TenantShown = ReturnType<typeof tenantShown>;
export type KeyShown = ReturnType<typeof keyShown>;
export type PolicyShown = ReturnType<typeof policyDocument>;
export type StandingShown = ReturnType<typeof standingShown>;
export type ModelShown = ReturnType<typeof modelShown>;
export type OperatorShown = Awaited<ReturnType<ReturnType<typeof createOperators>['list']>>[number];

/** A key that was made; the only time that it is told. */
export interface KeyMade {
  readonly key: string;
  readonly id: string;
  readonly expires_at: string;
}

/** An operator that was made; the only time that its credential is told. */
export interface OperatorMade {
  readonly id: string;
  readonly credential: string;
  readonly expires_at: string;
}

/** What a new key is to be; null where the default holds. */
export interface KeyAsked {
  readonly project: string | null;
  readonly expires_at: string | null;
  readonly teams: readonly string[];
}

/**
 * What admins do from a command line, in the words of the admin API: over the data folder of this
 * machine, or over HTTP.
 */
export interface Administrator {
  createTenant(name: string, costCenter: string | null): Promise<TenantShown>;
  tenants(): Promise<readonly TenantShown[]>;
  createKey(tenant: string, asked: KeyAsked): Promise<KeyMade>;
  keys(tenant: string): Promise<readonly KeyShown[]>;
  revokeKey(tenant: string, id: string): Promise<void>;
  policy(tenant: string): Promise<PolicyShown>;
  /** Changes what is named of it. */
  setPolicy(tenant: string, document: object): Promise<PolicyShown>;
  budgets(tenant: string): Promise<readonly StandingShown[]>;
  setBudget(tenant: string, period: BudgetPeriod, document: object): Promise<void>;
  removeBudget(tenant: string, period: BudgetPeriod): Promise<void>;
  models(): Promise<readonly ModelShown[]>;
  setModel(id: string, document: object): Promise<ModelShown>;
  operators(): Promise<readonly OperatorShown[]>;
  createOperator(wish: OperatorWish): Promise<OperatorMade>;
  revokeOperator(id: string): Promise<void>;
}
