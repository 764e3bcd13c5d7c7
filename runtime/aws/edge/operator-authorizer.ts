import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import type { IdentifyOperatorPorts } from '../../../handlers/admin/identify-operator.ts';
import { credentialOf } from '../../../handlers/edge/identify-caller.ts';
import { Unauthorized, allowed } from './authorizer-policy.ts';
import type { AuthorizerEvent } from './authorizer-policy.ts';
import { headersOf } from './lambda-request.ts';

/**
 * The authorizer in front of every admin route: no tenant's credential passes it, and no operator's
 * passes the tenants'. What the operator's role may do the function decides, which checks the
 * credential again: nothing is believed that API Gateway says of an operator.
 */
export function createOperatorAuthorizer({ authenticateOperator, onError }: IdentifyOperatorPorts) {
  async function operatorOf(event: AuthorizerEvent) {
    try {
      const credential = credentialOf(headersOf(event.multiValueHeaders));
      return credential === undefined ? undefined : await authenticateOperator(credential);
    } catch (error) {
      onError(error);
      return undefined;
    }
  }

  /** @throws Unauthorized for a credential that is missing, doubled or not valid. */
  return async function authorize(event: AuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
    const operator = await operatorOf(event);
    if (!operator) throw new Unauthorized();
    return allowed(event, operator.id, '*/admin/*');
  };
}
