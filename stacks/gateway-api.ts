import { Duration } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  ApiKeySourceType,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RequestAuthorizer,
  ResponseTransferMode,
  ResponseType,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { MethodOptions } from 'aws-cdk-lib/aws-apigateway';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Construct } from 'constructs';
import { acknowledge } from './access.ts';
import type { GatewayFunctionName } from '../runtime/settings.ts';
import { GATEWAY_ROUTES, functionOf } from './gateway-routes.ts';
import type { AnsweringFunction, GatewayRoute } from './gateway-routes.ts';
import { createBodyChecks } from './request-models.ts';
import type { FullUnit } from './unit.ts';
import type { UnitNames } from './names.ts';

export interface GatewayApiProps {
  readonly names: UnitNames;
  readonly config: FullUnit['gateway'];
  readonly functions: Readonly<Record<GatewayFunctionName, Function>>;
  readonly accessLog: ILogGroup;
  /** The unit's endpoint of a private API. */
  readonly endpoint: InterfaceVpcEndpoint | null;
}

/** An answer may take this long: as long as Lambda runs at all. */
const ANSWER_TIMEOUT = Duration.minutes(15);

/** The REST API: every route streams from its function, behind the authorizer of those who may use it. */
export function createApi(scope: Construct, props: GatewayApiProps): RestApi {
  const { names, config, endpoint } = props;
  const { domain, throttle } = config;
  const api = new RestApi(scope, 'Api', {
    restApiName: names.prefix,
    description: 'Model calls, metered',
    cloudWatchRole: false,
    deploy: true,
    // Which key counts is the authorizer's to say: no caller can present one of API Gateway's own.
    apiKeySourceType: ApiKeySourceType.AUTHORIZER,
    endpointConfiguration: endpoint
      ? { types: [EndpointType.PRIVATE], vpcEndpoints: [endpoint] }
      : { types: [EndpointType.REGIONAL] },
    ...(endpoint && { policy: onlyThrough(endpoint) }),
    ...(domain && {
      domainName: {
        domainName: domain.name,
        certificate: Certificate.fromCertificateArn(scope, 'Certificate', domain.certificateArn),
        endpointType: EndpointType.REGIONAL,
      },
    }),
    deployOptions: {
      stageName: names.prefix,
      throttlingRateLimit: throttle.requestsPerSecond,
      throttlingBurstLimit: throttle.burst,
      metricsEnabled: true,
      // Errors of API Gateway's own; requests and answers are never written.
      loggingLevel: MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
      accessLogDestination: new LogGroupLogDestination(props.accessLog),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
    },
  });
  addRoutes(api, props);
  addOwnAnswers(api);
  acknowledge(api, 'APIG2', 'bodies are validated; parameters are the handlers to check, by name');
  return api;
}

/** What is known of a request without any of its secrets: no key, no header, no body. */
export const ACCESS_LOG = {
  requestId: '$context.requestId',
  extendedRequestId: '$context.extendedRequestId',
  time: '$context.requestTimeEpoch',
  method: '$context.httpMethod',
  path: '$context.resourcePath',
  stage: '$context.stage',
  status: '$context.status',
  tenant: '$context.authorizer.principalId',
  keyId: '$context.authorizer.keyId',
  responseLatency: '$context.responseLatency',
  integrationLatency: '$context.integration.latency',
  integrationStatus: '$context.integration.status',
  authorizerLatency: '$context.authorizer.latency',
  firewall: '$context.wafResponseCode',
  error: '$context.error.responseType',
} as const;

function onlyThrough(endpoint: InterfaceVpcEndpoint): PolicyDocument {
  const anyone = { principals: [new AnyPrincipal()], actions: ['execute-api:Invoke'] };
  return new PolicyDocument({
    statements: [
      new PolicyStatement({ ...anyone, effect: Effect.ALLOW, resources: ['execute-api:/*'] }),
      new PolicyStatement({
        ...{ ...anyone, effect: Effect.DENY, resources: ['execute-api:/*'] },
        conditions: { StringNotEquals: { 'aws:SourceVpce': endpoint.vpcEndpointId } },
      }),
    ],
  });
}

/** Each route as the handlers have it; whatever else is asked the function answers with 404 or 405. */
function addRoutes(api: RestApi, { functions }: GatewayApiProps): void {
  const integrations = integrationsOf(functions);
  const access = accessOf(api, functions);
  const bodyChecksOf = createBodyChecks(api);
  for (const route of GATEWAY_ROUTES) {
    const { method, path, access: whose } = route;
    const integration = integrations[functionOf(path)];
    const added = api.root.resourceForPath(path).addMethod(method, integration, {
      ...access[whose],
      ...bodyChecksOf(route),
    });
    acknowledge(added, 'COG4', 'credentials are checked by the same code as on one machine');
    if (whose === 'public')
      acknowledge(added, 'APIG4', 'says that the gateway is there, or what it serves');
  }
  const paths = new Set(['/', '/{proxy+}', ...GATEWAY_ROUTES.map(({ path }) => path)]);
  for (const path of paths) {
    const integration = integrations[functionOf(path)];
    const refusal = api.root.resourceForPath(path).addMethod('ANY', integration, access.public);
    const reason = 'no route: the function refuses it, and without the authorizer it knows nobody';
    acknowledge(refusal, 'APIG4', reason);
    acknowledge(refusal, 'COG4', reason);
  }
}

function integrationsOf(functions: GatewayApiProps['functions']) {
  const integration = (name: AnsweringFunction) =>
    new LambdaIntegration(functions[name], {
      responseTransferMode: ResponseTransferMode.STREAM,
      timeout: ANSWER_TIMEOUT,
      // Stages of key-only units are other stages of this API.
      scopePermissionToMethod: false,
    });
  return { invoke: integration('invoke'), me: integration('me'), admin: integration('admin') };
}

/** What stands in front of a route, by whose it is. */
function accessOf(api: RestApi, functions: GatewayApiProps['functions']) {
  // Nothing is kept: a credential may come in either of two headers, and one revoked is so at once.
  const asked = { identitySources: [], resultsCacheTtl: Duration.seconds(0) };
  const keys = new RequestAuthorizer(api, 'Keys', { handler: functions.authorizer, ...asked });
  const operators = new RequestAuthorizer(api, 'Operators', {
    ...{ handler: functions['operator-authorizer'], ...asked },
  });
  const { CUSTOM, NONE } = AuthorizationType;
  return {
    public: { authorizationType: NONE, apiKeyRequired: false },
    tenant: { authorizer: keys, authorizationType: CUSTOM, apiKeyRequired: true },
    operator: { authorizer: operators, authorizationType: CUSTOM, apiKeyRequired: false },
  } satisfies Record<GatewayRoute['access'], MethodOptions>;
}

interface OwnAnswer {
  readonly type: ResponseType;
  readonly statusCode?: string;
  readonly error: string;
  readonly code?: string;
  /** Instead of API Gateway's own. */
  readonly message?: string;
}

/** Refusals of API Gateway's own, in the shape that OpenAI's clients read. */
const OWN_ANSWERS: readonly OwnAnswer[] = [
  {
    ...{ type: ResponseType.BAD_REQUEST_BODY, statusCode: '400', error: 'invalid_request_error' },
    // Never `$context.error.validationErrorString`: nobody says whether its quotes are escaped.
    message:
      'body: got no JSON, or a field that is missing or of another type, expected what /openapi.json says of this route',
  },
  {
    ...{ type: ResponseType.UNAUTHORIZED, statusCode: '401' },
    ...{ error: 'invalid_request_error', code: 'invalid_api_key' },
  },
  { type: ResponseType.ACCESS_DENIED, statusCode: '403', error: 'permission_error' },
  {
    ...{ type: ResponseType.THROTTLED, statusCode: '429' },
    ...{ error: 'rate_limit_error', code: 'rate_limit_exceeded' },
  },
  {
    ...{ type: ResponseType.QUOTA_EXCEEDED, statusCode: '429' },
    ...{ error: 'rate_limit_error', code: 'insufficient_quota' },
  },
  { type: ResponseType.REQUEST_TOO_LARGE, statusCode: '413', error: 'invalid_request_error' },
  { type: ResponseType.INTEGRATION_TIMEOUT, statusCode: '504', error: 'server_error' },
  { type: ResponseType.DEFAULT_4XX, error: 'invalid_request_error' },
  { type: ResponseType.DEFAULT_5XX, error: 'server_error' },
];

function addOwnAnswers(api: RestApi): void {
  for (const { type, statusCode, error, code = null, message } of OWN_ANSWERS) {
    const said = message === undefined ? '$context.error.messageString' : JSON.stringify(message);
    const about = `"type":"${error}","param":null,"code":${JSON.stringify(code)}`;
    api.addGatewayResponse(`Answer-${type.responseType}`, {
      type,
      ...(statusCode !== undefined && { statusCode }),
      ...(statusCode === '401' && { responseHeaders: { 'www-authenticate': "'Bearer'" } }),
      templates: { 'application/json': `{"error":{"message":${said},${about}}}` },
    });
  }
}
