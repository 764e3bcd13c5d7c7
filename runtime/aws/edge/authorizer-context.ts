import type { Principal } from '../../../handlers/edge/authenticate.ts';

/** What the authorizer tells API Gateway of a caller, and the function finds in its event. */
export type AuthorizerContext = Record<string, string>;

/** Writes a principal as a context: texts only, and nothing that is a secret. */
export function contextOf({
  tenant,
  keyId,
  costCenter,
  project,
  teams,
}: Principal): AuthorizerContext {
  return {
    tenant,
    keyId,
    ...(costCenter !== null && { costCenter }),
    ...(project !== null && { project }),
    ...(teams.length > 0 && { teams: teams.join(' ') }),
  };
}

/** Reads the context of an event; undefined where it names nobody. */
export function principalOf(context: unknown): Principal | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  const { tenant, keyId, costCenter, project, teams } = context as Record<string, unknown>;
  if (!isText(tenant) || !isText(keyId)) return undefined;
  return {
    ...{ tenant, keyId },
    costCenter: isText(costCenter) ? costCenter : null,
    project: isText(project) ? project : null,
    teams: isText(teams) ? teams.split(' ') : [],
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
