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
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Construct } from 'constructs';
import { acknowledge } from './access.ts';
import { GATEWAY_ROUTES } from './gateway-routes.ts';
import type { FullUnit } from './unit.ts';
import type { UnitNames } from './names.ts';

export interface GatewayApiProps {
  readonly names: UnitNames;
  readonly config: FullUnit['gateway'];
  readonly invoke: Function;
  readonly authorizer: Function;
  readonly accessLog: ILogGroup;
  /** The unit's endpoint of a private API. */
  readonly endpoint: InterfaceVpcEndpoint | null;
}

/** An answer may take this long: as long as Lambda runs at all. */
const ANSWER_TIMEOUT = Duration.minutes(15);

/** The REST API: every route streams from one function, behind one authorizer. */
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
function addRoutes(api: RestApi, { invoke, authorizer }: GatewayApiProps): void {
  const integration = new LambdaIntegration(invoke, {
    responseTransferMode: ResponseTransferMode.STREAM,
    timeout: ANSWER_TIMEOUT,
    // Stages of key-only units are other stages of this API.
    scopePermissionToMethod: false,
  });
  const behind = {
    authorizer: new RequestAuthorizer(api, 'Keys', {
      handler: authorizer,
      identitySources: [],
      // Nothing is kept: a key may come in either of two headers, and one revoked is so at once.
      resultsCacheTtl: Duration.seconds(0),
    }),
    authorizationType: AuthorizationType.CUSTOM,
    apiKeyRequired: true,
  };
  const open = { authorizationType: AuthorizationType.NONE, apiKeyRequired: false };
  for (const { method, path, access } of GATEWAY_ROUTES) {
    const options = access === 'tenant' ? behind : open;
    const added = api.root.resourceForPath(path).addMethod(method, integration, options);
    acknowledge(added, 'COG4', 'keys are checked by the same code as on one machine');
    if (access === 'public') acknowledge(added, 'APIG4', 'says that the gateway is there');
  }
  const paths = new Set(['/', '/{proxy+}', ...GATEWAY_ROUTES.map(({ path }) => path)]);
  for (const path of paths) {
    const refusal = api.root.resourceForPath(path).addMethod('ANY', integration, open);
    const reason = 'no route: the function refuses it, and without the authorizer it knows nobody';
    acknowledge(refusal, 'APIG4', reason);
    acknowledge(refusal, 'COG4', reason);
  }
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
