import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { openAiDialect } from '../../../domain/dialects/openai-error.ts';
import type { Operator } from '../../../handlers/admin/operators.ts';
import type { Route } from '../../../handlers/edge/api-exchange.ts';
import type { Principal } from '../../../handlers/edge/authenticate.ts';
import { contextOf } from '../../../runtime/aws/edge/authorizer-context.ts';
import { createLambdaEdge } from '../../../runtime/aws/edge/lambda-edge.ts';
import { readIssuers } from '../../../runtime/aws/edge/issuers.ts';
import { createOperatorAuthorizer } from '../../../runtime/aws/edge/operator-authorizer.ts';
import { claimedJwtUser, jwtUser } from '../../../runtime/node/jwt-form.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (claims: unknown) => `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`;
const ISS = 'https://issuer.example.com';
const CALLER: Principal = {
  ...{ tenant: 't_a', keyId: jwtUser(ISS, 'anna'), costCenter: null, project: null, teams: [] },
};
const route: Route = {
  ...{ method: 'GET', path: '/me', access: 'tenant', dialect: openAiDialect },
  handle: ({ principal }, response) => {
    response.json(200, principal);
    return Promise.resolve({ settled: Promise.resolve() });
  },
};

/** Status of an answer to this credential, where the authorizer has named the caller. */
async function statusFor(credential: string): Promise<number> {
  let status = 0;
  const answer = createLambdaEdge({ routes: () => [route], onError: () => undefined });
  const event = {
    ...{ resource: '/me', pathParameters: null, multiValueQueryStringParameters: null },
    ...{ httpMethod: 'GET', body: null, isBase64Encoded: false },
    multiValueHeaders: { authorization: [`Bearer ${credential}`] },
    requestContext: { authorizer: { ...contextOf(CALLER), principalId: 't_a' } },
  };
  await answer(
    event,
    ({ statusCode }) => {
      status = statusCode;
      return new PassThrough().resume();
    },
    { getRemainingTimeInMillis: () => 1000 },
  );
  return status;
}

describe('a token at the function', () => {
  it('is the one that the authorizer named', async () => {
    expect(await statusFor(tokenOf({ iss: ISS, sub: 'anna' }))).toBe(200);
  });

  it.each([
    ["another user's", tokenOf({ iss: ISS, sub: 'bert' })],
    ["another issuer's", tokenOf({ iss: 'https://other.example.com', sub: 'anna' })],
    ['without a user', tokenOf({ iss: ISS })],
    ['of nothing', tokenOf(null)],
    ['of no JSON', 'YQ.YQ.YQ'],
    ['a key', `mk_live_${'a'.repeat(12)}_x`],
  ])('is nobody when it is %s', async (_, credential) => {
    expect(await statusFor(credential)).toBe(401);
  });

  it('names nobody where it cannot be read', () => {
    expect(claimedJwtUser('YQ.YQ.YQ')).toBeUndefined();
    expect(claimedJwtUser(tokenOf({ iss: 1, sub: 'a' }))).toBeUndefined();
  });
});

describe('the authorizer of operators', () => {
  const errors: unknown[] = [];
  const admin: Operator = { id: 'op1', name: 'Ada', role: 'admin', tenant: null };
  const authorize = createOperatorAuthorizer({
    authenticateOperator: (credential) => {
      if (credential === 'broken') return Promise.reject(new Error('the store is down'));
      return Promise.resolve(credential === 'good' ? admin : undefined);
    },
    onError: (error) => errors.push(error),
  });
  const asked = (...credentials: string[]) => ({
    methodArn: 'arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5/live/GET/admin/tenants',
    multiValueHeaders: { authorization: credentials.map((one) => `Bearer ${one}`) },
  });

  it('lets an operator below /admin and nowhere else', async () => {
    const { principalId, policyDocument } = await authorize(asked('good'));

    expect(principalId).toBe('op1');
    expect(policyDocument.Statement).toEqual([
      {
        ...{ Action: 'execute-api:Invoke', Effect: 'Allow' },
        Resource: 'arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5/live/*/admin/*',
      },
    ]);
  });

  it.each([[[]], [['bad']], [['good', 'good']], [['broken']]])(
    'says Unauthorized, in that very word, to %j',
    async (credentials) => {
      await expect(authorize(asked(...credentials))).rejects.toThrow(/^Unauthorized$/);
    },
  );

  it('tells the operator of what went wrong of ours', () => {
    expect(errors).toContainEqual(new Error('the store is down'));
  });
});

describe('the issuers of a deployment', () => {
  it('are read whole, or not at all', () => {
    const good = { issuer: ISS, audience: 'a', jwks: `${ISS}/jwks` };

    expect(readIssuers(JSON.stringify([good]))).toEqual([expect.objectContaining(good)]);
    expect(() => readIssuers(JSON.stringify([{ ...good, audience: '' }]))).toThrow(/0\.audience/);
    expect(() => readIssuers('[')).toThrow('issuers: got text that is no JSON');
  });
});
