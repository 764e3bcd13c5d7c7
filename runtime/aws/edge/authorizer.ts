import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { ApiRefused } from '../../../handlers/edge/api-exchange.ts';
import type { Principal } from '../../../handlers/edge/authenticate.ts';
import { createIdentifyCaller, isCredential } from '../../../handlers/edge/identify-caller.ts';
import type { IdentifyPorts } from '../../../handlers/edge/identify-caller.ts';
import { contextOf } from './authorizer-context.ts';
import { Unauthorized, allowed } from './authorizer-policy.ts';
import type { AuthorizerEvent } from './authorizer-policy.ts';
import { headersOf } from './lambda-request.ts';

interface AuthorizerPorts extends IdentifyPorts {
  /** Value of the key under which the unit's usage plan counts; empty where there is no plan. */
  readonly usagePlanKey: string;
}

/**
 * The authorizer in front of every tenant route: the same check of the same credential, key or token, as
 * on one machine. Credentials that contradict each other are let through as nobody's: the function, which
 * makes the same check again, refuses them in its own words, as it does every other header.
 */
export function createAuthorizer({ usagePlanKey, ...ports }: AuthorizerPorts) {
  const identifyCaller = createIdentifyCaller(ports);

  /** @throws Unauthorized for a credential that is missing or not valid. */
  return async function authorize(event: AuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
    const credentials = headersOf(event.multiValueHeaders).filter(isCredential);
    const principal = await identifyCaller(credentials).catch(nobody);
    return {
      ...allowed(event, principal?.tenant ?? 'nobody'),
      context: principal ? contextOf(principal) : {},
      ...(usagePlanKey !== '' && { usageIdentifierKey: usagePlanKey }),
    };
  };
}

function nobody(error: unknown): Principal | undefined {
  if (!(error instanceof ApiRefused)) throw error;
  if (error.problem.status === 401) throw new Unauthorized();
  return undefined;
}
