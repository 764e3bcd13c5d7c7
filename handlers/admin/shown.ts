import { formatInstant } from '../../domain/instant.ts';
import { formatUsd } from '../../domain/money.ts';
import type { RegisteredModel } from '../../domain/model-registry.ts';
import { modelDocument } from '../invoke/model-documents.ts';
import type { ApiKeyRecord, TenantRecord } from '../ports.ts';
import type { BudgetStanding } from '../invoke/budget-standing.ts';

/** A tenant as admins are shown it. */
export function tenantShown({ tenant, name, costCenter }: TenantRecord) {
  return { tenant, name, cost_center: costCenter };
}

/** A key as people are shown it: never its secret, nor the MAC of it. */
export function keyShown({ keyId, project, expiresMs, revokedMs, teams }: ApiKeyRecord) {
  return {
    ...{ id: keyId, project, expires_at: formatInstant(expiresMs) },
    ...{ revoked_at: revokedMs === null ? null : formatInstant(revokedMs), teams },
  };
}

/** Money in decimal USD: what is settled, held by running calls, in suspense, and left. */
export function standingShown({ budget, endMs, state, left }: BudgetStanding) {
  const { period, mode, zone, limit } = budget;
  return {
    ...{ period, mode, zone, limit: formatUsd(limit), settled: formatUsd(state.settled) },
    ...{ held: formatUsd(state.held), suspense: formatUsd(state.suspense) },
    ...{ left: formatUsd(left), resets: formatInstant(endMs) },
  };
}

/** A registered model as it is shown. */
export function modelShown(model: RegisteredModel) {
  return { model: model.id, ...modelDocument(model) };
}
