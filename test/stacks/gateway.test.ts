import { describe, expect, it } from '@jest/globals';
import { readIssuers } from '../../runtime/aws/edge/issuers.ts';
import { routesToLookAt } from '../../runtime/node/gateway-document.ts';
import { ACCESS_LOG } from '../../stacks/gateway-api.ts';
import { GATEWAY_ROUTES } from '../../stacks/gateway-routes.ts';
import { deploy, flat, resourcesOf, theOnly } from './deployed.ts';
import type { Template } from './deployed.ts';

const { templates } = deploy();

function templateOf(part: string, unit = 'example'): Template {
  const template = templates.get(`tollbook-${unit}-${part}`);
  if (!template) throw new Error(`stack ${part} of ${unit}: got none`);
  return template;
}

const everyResource = [...templates.values()].flatMap(({ Resources }) => Object.values(Resources));

describe('the gateway', () => {
  const gateway = templateOf('gateway');
  const methods = resourcesOf(gateway, 'AWS::ApiGateway::Method').map(
    ([, { Properties }]) => Properties,
  );

  it('has every route of the handlers, public where they are and nowhere else', () => {
    const routes = routesToLookAt().map(({ method, path, access }) => ({ method, path, access }));

    const byPath = (routes: readonly { path: string }[]) =>
      [...routes].sort((a, b) => (a.path < b.path ? -1 : 1));
    // A route that is new: put it into stacks/gateway-routes.ts.
    expect(byPath(GATEWAY_ROUTES)).toEqual(byPath(routes));
  });

  it('streams every answer, from the function whose routes they are', () => {
    const uris = Object.groupBy(methods, ({ Integration }) =>
      flat((Integration as { Uri: unknown }).Uri).replace(
        /^.*functions\/<(.*?)[0-9A-F]{8}.*$/,
        '$1',
      ),
    );
    expect(Object.keys(uris).sort()).toEqual(['admin', 'invoke', 'me']);
    for (const { Integration } of methods) {
      expect(Integration).toMatchObject({ ResponseTransferMode: 'STREAM', Type: 'AWS_PROXY' });
      expect(flat((Integration as { Uri: unknown }).Uri)).toContain(
        'response-streaming-invocations',
      );
    }
  });

  it('asks the authorizer on every tenant route, and counts it', () => {
    const closed = methods.filter(({ AuthorizationType }) => AuthorizationType === 'CUSTOM');
    const behind = closed.filter(({ ApiKeyRequired }) => ApiKeyRequired);

    expect(behind).toHaveLength(GATEWAY_ROUTES.filter(({ access }) => access === 'tenant').length);
    for (const { ApiKeyRequired, AuthorizerId } of behind) {
      expect(ApiKeyRequired).toBe(true);
      expect(flat(AuthorizerId)).toMatch(/Keys/);
    }
    const ofOperators = closed.filter(({ ApiKeyRequired }) => !ApiKeyRequired);
    expect(ofOperators).toHaveLength(
      GATEWAY_ROUTES.filter(({ access }) => access === 'operator').length,
    );
    for (const { AuthorizerId, Integration } of ofOperators) {
      expect(flat(AuthorizerId)).toMatch(/Operators/);
      expect(flat((Integration as { Uri: unknown }).Uri)).toMatch(/<admin[0-9A-F]{8}\.Arn>/);
    }
    const open = methods.filter(({ AuthorizationType }) => AuthorizationType !== 'CUSTOM');
    expect(open.filter(({ HttpMethod }) => HttpMethod !== 'ANY')).toHaveLength(
      GATEWAY_ROUTES.filter(({ access }) => access === 'public').length,
    );
    expect(theOnly(gateway, 'AWS::ApiGateway::RestApi').Properties).toMatchObject({
      ApiKeySourceType: 'AUTHORIZER',
    });
  });

  it('keeps no decision of the authorizer: a revoked key is so at once', () => {
    const authorizers = resourcesOf(gateway, 'AWS::ApiGateway::Authorizer');

    expect(authorizers).toHaveLength(2);
    for (const [, { Properties }] of authorizers) {
      expect(Properties).toMatchObject({ Type: 'REQUEST', AuthorizerResultTtlInSeconds: 0 });
    }
  });

  it('logs no secret of a request', () => {
    const secrets =
      /apiKey(?!Id)|header|body|authorizer\.(?!principalId|keyId|latency)|querystring/i;

    expect(Object.values(ACCESS_LOG).filter((variable) => secrets.test(variable))).toEqual([]);
    const stages = everyResource.filter(({ Type }) => Type === 'AWS::ApiGateway::Stage');
    expect(stages).toHaveLength(4);
    for (const { Properties } of stages) {
      const { Format } = Properties['AccessLogSetting'] as { Format: string };
      expect(JSON.parse(Format)).toEqual(ACCESS_LOG);
      expect(Properties['MethodSettings']).toEqual([
        expect.objectContaining({ DataTraceEnabled: false, LoggingLevel: 'ERROR' }),
      ]);
    }
  });

  it('gives every unit its own limits, on a stage of its own', () => {
    const limits = [...templates].flatMap(([stack, template]) =>
      resourcesOf(template, 'AWS::ApiGateway::UsagePlan').map(([, { Properties }]) => [
        stack.replace(/^tollbook-|-(gateway|stage)$/g, ''),
        (Properties['Throttle'] as { RateLimit: number }).RateLimit,
      ]),
    );

    expect(Object.fromEntries(limits)).toEqual({
      ...{ example: 1000, 'example-open': 200, 'example-team': 50, 'example-guest': 10 },
    });
  });

  it('lets a private API be reached from its VPC alone', () => {
    const { Properties } = theOnly(gateway, 'AWS::ApiGateway::RestApi');

    expect(Properties['EndpointConfiguration']).toMatchObject({ Types: ['PRIVATE'] });
    expect(JSON.stringify(Properties['Policy'])).toContain('"aws:SourceVpce"');
    const open = theOnly(templateOf('gateway', 'example-open'), 'AWS::ApiGateway::RestApi');
    expect(open.Properties['EndpointConfiguration']).toMatchObject({ Types: ['REGIONAL'] });
  });
});

describe('the tokens of people', () => {
  const tenancy = templateOf('tenancy', 'example-open');
  const client = theOnly(tenancy, 'AWS::Cognito::UserPoolClient').Properties;

  it('live a quarter of an hour', () => {
    expect(client).toMatchObject({
      ...{ IdTokenValidity: 15, AccessTokenValidity: 15 },
      TokenValidityUnits: { IdToken: 'minutes', AccessToken: 'minutes' },
    });
  });

  it('come from the sign-in page alone: by no other way can users change their tenant', () => {
    expect(client).toMatchObject({
      ...{ ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'], AllowedOAuthFlows: ['code'] },
      AllowedOAuthScopes: ['openid'],
    });
    expect(theOnly(tenancy, 'AWS::Cognito::UserPool').Properties).toMatchObject({
      ...{ AdminCreateUserConfig: { AllowAdminCreateUserOnly: true }, MfaConfiguration: 'ON' },
    });
  });

  it('are of providers that say whose they are, in SAML or by OIDC, and give away no secret', () => {
    const providers = resourcesOf(tenancy, 'AWS::Cognito::UserPoolIdentityProvider');

    expect(providers.map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({
        ...{ ProviderType: 'SAML', ProviderName: 'Staff' },
        AttributeMapping: {
          ...{ 'custom:tenant': 'tollbook_tenant', 'custom:cost_center': 'cost_center' },
        },
      }),
      expect.objectContaining({
        ...{ ProviderType: 'OIDC', AttributeMapping: { 'custom:tenant': 'tollbook_tenant' } },
        ProviderDetails: expect.objectContaining({
          client_secret: expect.stringMatching(/^\{\{resolve:secretsmanager:/),
        }),
      }),
    ]);
  });

  it('are believed by the authorizer, and nobody in the unit that has no issuers', () => {
    const said = (unit: string) => {
      const [, authorizer] = resourcesOf(templateOf('gateway', unit), 'AWS::Lambda::Function').find(
        ([, { Properties }]) => String(Properties['FunctionName']).endsWith('-authorizer'),
      )!;
      const { Variables } = authorizer.Properties['Environment'] as {
        Variables: Record<string, unknown>;
      };
      return flat(Variables['TOLLBOOK_ISSUERS']);
    };
    const issuers = readIssuers(said('example-open').replaceAll(/<[^>]*>/g, 'https://pool'));

    expect(readIssuers(said('example'))).toEqual([]);
    expect(issuers).toEqual([
      expect.objectContaining({
        token_use: 'id',
        tenant_claim: 'custom:tenant',
        lifetime_max_s: 900,
      }),
      expect.objectContaining({
        issuer: 'https://ci.example.com',
        tenant_claim: 'tollbook_tenant',
      }),
    ]);
  });
});
