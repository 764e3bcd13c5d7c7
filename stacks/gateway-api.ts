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
  acknowledge(api, 'APIG2', 'the dialect checks the body and answers in the words of its clients');
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
  for (const { method, path, access: whose } of GATEWAY_ROUTES) {
    const integration = integrations[functionOf(path)];
    const added = api.root.resourceForPath(path).addMethod(method, integration, access[whose]);
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

/** Refusals of API Gateway's own, in the shape that OpenAI's clients read. */
const OWN_ANSWERS = [
  [ResponseType.UNAUTHORIZED, '401', 'invalid_request_error', 'invalid_api_key'],
  [ResponseType.ACCESS_DENIED, '403', 'permission_error', null],
  [ResponseType.THROTTLED, '429', 'rate_limit_error', 'rate_limit_exceeded'],
  [ResponseType.QUOTA_EXCEEDED, '429', 'rate_limit_error', 'insufficient_quota'],
  [ResponseType.REQUEST_TOO_LARGE, '413', 'invalid_request_error', null],
  [ResponseType.INTEGRATION_TIMEOUT, '504', 'server_error', null],
  [ResponseType.DEFAULT_4XX, null, 'invalid_request_error', null],
  [ResponseType.DEFAULT_5XX, null, 'server_error', null],
] as const;

function addOwnAnswers(api: RestApi): void {
  for (const [type, statusCode, errorType, code] of OWN_ANSWERS) {
    const error = `"type":"${errorType}","param":null,"code":${JSON.stringify(code)}`;
    api.addGatewayResponse(`Answer-${type.responseType}`, {
      type,
      ...(statusCode && { statusCode }),
      ...(statusCode === '401' && { responseHeaders: { 'www-authenticate': "'Bearer'" } }),
      templates: {
        'application/json': `{"error":{"message":$context.error.messageString,${error}}}`,
      },
    });
  }
}
