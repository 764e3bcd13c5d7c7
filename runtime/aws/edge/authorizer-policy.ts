import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';

/** The parts of an authorizer's event that decide. */
export type AuthorizerEvent = Pick<
  APIGatewayRequestAuthorizerEvent,
  'methodArn' | 'multiValueHeaders'
>;

/** API Gateway goes by this very message: 401, where any other error is a 500. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized';

  constructor() {
    super('Unauthorized');
  }
}

/** Lets a request through, and what follows it under the same policy: all paths of the stage that begin so. */
export function allowed(
  { methodArn }: AuthorizerEvent,
  principalId: string,
  below = '*',
): APIGatewayAuthorizerResult {
  // `arn:…:api/stage/GET/path`: a policy that is kept serves every route the caller asks for next.
  const [api = '', stage = ''] = methodArn.split('/');
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${api}/${stage}/${below}` },
      ],
    },
  };
}
