import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { ApiRefused } from '../../handlers/api-exchange.ts';
import type { Principal } from '../../handlers/authenticate.ts';
import { createIdentifyCaller, isCredential } from '../../handlers/identify-caller.ts';
import type { IdentifyPorts } from '../../handlers/identify-caller.ts';
import { contextOf } from './authorizer-context.ts';
import { headersOf } from './lambda-request.ts';

interface AuthorizerPorts extends IdentifyPorts {
  /** Value of the key under which the unit's usage plan counts; empty where there is no plan. */
  readonly usagePlanKey: string;
}

/** API Gateway goes by this very message: 401, where any other error is a 500. */
class Unauthorized extends Error {
  override readonly name = 'Unauthorized';

  constructor() {
    super('Unauthorized');
  }
}

/** The parts of an authorizer's event that decide. */
export type AuthorizerEvent = Pick<
  APIGatewayRequestAuthorizerEvent,
  'methodArn' | 'multiValueHeaders'
>;

/**
 * The API-key authorizer in front of every tenant route: the same check of the same credential as on
 * one machine. Credentials that contradict each other are let through as nobody's: the function, which
 * makes the same check again, refuses them in its own words, as it does every other header.
 */
export function createAuthorizer({ usagePlanKey, ...ports }: AuthorizerPorts) {
  const identifyCaller = createIdentifyCaller(ports);

  /** @throws Unauthorized for a credential that is missing or not valid. */
  return async function authorize(event: AuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
    const credentials = headersOf(event.multiValueHeaders).filter(isCredential);
    const principal = await identifyCaller(credentials).catch(nobody);
    return {
      principalId: principal?.tenant ?? 'nobody',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            // The whole stage: a policy that is kept serves every route the caller asks for next.
            Resource: stageOf(event.methodArn),
          },
        ],
      },
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

/** `arn:…:api/stage/GET/path` → `arn:…:api/stage/*`. */
function stageOf(methodArn: string): string {
  const [api = '', stage = ''] = methodArn.split('/');
  return `${api}/${stage}/*`;
}
