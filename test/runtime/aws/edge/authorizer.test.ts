import { describe, expect, it } from '@jest/globals';
import type { Principal } from '../../../../handlers/edge/authenticate.ts';
import { contextOf, principalOf } from '../../../../runtime/aws/edge/authorizer-context.ts';
import { createAuthorizer } from '../../../../runtime/aws/edge/authorizer.ts';

const METHOD_ARN = 'arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5/live/POST/v1/models';
const ACME: Principal = {
  ...{ tenant: 't_acme', keyId: 'k1', costCenter: 'cc-1', project: null },
  teams: [],
};

const errors: unknown[] = [];
const authorizer = (usagePlanKey = '') =>
  createAuthorizer({
    authenticate: (credential) => {
      if (credential === 'broken') return Promise.reject(new Error('the store is down'));
      return Promise.resolve(credential === 'acme' ? ACME : undefined);
    },
    onError: (error) => errors.push(error),
    usagePlanKey,
  });

const asked = (...headers: readonly (readonly [string, readonly string[]])[]) => ({
  methodArn: METHOD_ARN,
  multiValueHeaders: Object.fromEntries(headers.map(([name, values]) => [name, [...values]])),
});

describe('the authorizer', () => {
  it('names the caller, on every route of the stage and on no other stage', async () => {
    const answer = await authorizer()(asked(['x-api-key', ['acme']]));

    expect(answer).toEqual({
      principalId: 't_acme',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            Resource: 'arn:aws:execute-api:eu-central-1:111122223333:a1b2c3d4e5/live/*',
          },
        ],
      },
      context: { tenant: 't_acme', keyId: 'k1', costCenter: 'cc-1' },
    });
  });

  it('tells API Gateway under which key the plan counts, and nothing of the credential', async () => {
    const answer = await authorizer('usage-plan-of-a-unit')(
      asked(['Authorization', ['Bearer acme']]),
    );

    expect(answer.usageIdentifierKey).toBe('usage-plan-of-a-unit');
    expect(JSON.stringify(answer.context)).not.toContain('Bearer');
  });

  it.each([
    ['none', asked()],
    ['another', asked(['x-api-key', ['other']])],
    ['one that cannot be checked', asked(['x-api-key', ['broken']])],
    ['no header at all', { methodArn: METHOD_ARN, multiValueHeaders: null }],
  ])('says Unauthorized, in that very word, to a credential that is %s', async (_, event) => {
    await expect(authorizer()(event)).rejects.toThrow(/^Unauthorized$/);
  });

  it('tells the operator of a check that failed', () => {
    expect(errors).toEqual([new Error('the store is down')]);
  });

  it('makes nobody of a request whose credentials contradict each other', async () => {
    const answer = await authorizer('usage-plan-of-a-unit')(asked(['x-api-key', ['acme', 'b']]));

    expect([answer.principalId, answer.context]).toEqual(['nobody', {}]);
    expect(principalOf(answer.context)).toBeUndefined();
    expect(answer.usageIdentifierKey).toBe('usage-plan-of-a-unit');
  });

  it('does not judge other headers: the function does, and says why', async () => {
    const event = asked(['x-api-key', ['acme']], ['team_id', ['t_other']], ['x-tenant', ['x']]);

    expect((await authorizer()(event)).principalId).toBe('t_acme');
  });
});

describe('a context', () => {
  it.each<Principal>([ACME, { ...ACME, costCenter: null, project: 'p', teams: ['t_b', 't_c'] }])(
    'carries a principal through API Gateway: %j',
    (principal) => {
      const context = { ...contextOf(principal), principalId: principal.tenant };

      expect(principalOf(JSON.parse(JSON.stringify(context)))).toEqual(principal);
    },
  );

  it.each([[null], [undefined], ['t_acme'], [{}], [{ tenant: 't' }], [{ tenant: '', keyId: 'k' }]])(
    'that names no tenant or no key is nobody: %j',
    (context) => {
      expect(principalOf(context)).toBeUndefined();
    },
  );
});
