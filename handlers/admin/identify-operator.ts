import { ApiRefused } from '../edge/api-exchange.ts';
import type { Header, OperatorRoute } from '../edge/api-exchange.ts';
import { credentialOf } from '../edge/identify-caller.ts';
import type { Operator } from './operators.ts';

export interface IdentifyOperatorPorts {
  readonly authenticateOperator: (credential: string) => Promise<Operator | undefined>;
  /** Told of errors of ours. */
  readonly onError: (error: unknown) => void;
}

interface Asked {
  readonly route: OperatorRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** Says which operator is calling, and refuses what its role may not do. */
export function createIdentifyOperator({ authenticateOperator, onError }: IdentifyOperatorPorts) {
  async function operatorOf(credential: string | undefined): Promise<Operator> {
    try {
      const operator =
        credential === undefined ? undefined : await authenticateOperator(credential);
      if (operator?.id) return operator;
    } catch (error) {
      onError(error);
    }
    throw new ApiRefused(401, "the operator's credential is missing or not valid", {
      ...{ code: 'invalid_credential', headers: { 'www-authenticate': 'Bearer' } },
    });
  }

  /** @throws ApiRefused 401 without a valid credential, 403 for a role or a tenant that is not its own. */
  return async function identifyOperator(
    headers: readonly Header[],
    { route, params }: Asked,
  ): Promise<Operator> {
    const operator = await operatorOf(credentialOf(headers));
    const allowed = route.roles.includes(operator.role);
    const ofOthers = operator.role === 'tenant_admin' && params['tenant'] !== operator.tenant;
    if (allowed && !ofOthers) return operator;
    throw new ApiRefused(403, `this credential may not do that: its role is ${operator.role}`, {
      code: 'role_not_allowed',
    });
  };
}
