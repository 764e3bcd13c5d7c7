import { bodyModelsOf } from './body-models.ts';
import type { BodyModels } from './body-models.ts';
import { TemplateError, referenceIn, resourcesOf, textOf } from './template.ts';
import type { Named, Template } from './template.ts';

/** One method of a REST API. */
export interface ApiMethod {
  /** Path of its resource, `{name}` and `{name+}` in it. */
  readonly resource: string;
  /** Verb, or `ANY`. */
  readonly verb: string;
  /** File of the function in `runtime/aws/functions/`. */
  readonly function: string;
  readonly timeoutMs: number;
  readonly authorizer: ApiAuthorizer | null;
  readonly apiKeyRequired: boolean;
  /** Headers and query parameters that must be there. */
  readonly required: readonly string[];
  /** What its bodies must match. */
  readonly bodyModels: BodyModels;
}

/** A Lambda authorizer of type REQUEST. */
export interface ApiAuthorizer {
  readonly id: string;
  readonly function: string;
  /** Mapping expressions such as `method.request.header.Authorization`. */
  readonly identitySources: readonly string[];
  readonly ttlMs: number;
}

/** An answer of API Gateway's own, as the template has it. */
export interface GatewayResponse {
  readonly type: string;
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Counts and limits of the keys of a plan. */
export interface UsagePlan {
  readonly requestsPerSecond: number;
  readonly burst: number;
  /** Requests of its period; the harness lives in one. */
  readonly quota: number;
  /** Values of its keys; a value that CloudFormation makes is unknown and cannot be presented. */
  readonly keys: readonly string[];
}

/** A function as far as API Gateway and Lambda go by it. */
export interface ApiFunction {
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, unknown>>;
}

/** Everything in a template that decides what API Gateway does with a request. */
export interface ApiDefinition {
  readonly methods: readonly ApiMethod[];
  readonly keySource: 'AUTHORIZER' | 'HEADER';
  readonly plans: readonly UsagePlan[];
  readonly responses: readonly GatewayResponse[];
  /** Media types whose bodies reach the function as they came, in base64. */
  readonly binaryTypes: readonly string[];
  readonly functions: ReadonlyMap<string, ApiFunction>;
}

const DEFAULT_TIMEOUT_MS = 29_000;
const DEFAULT_TTL_S = 300;

/** Reads the REST API of a template. @throws TemplateError for what the harness cannot behave as. */
export function readApi(template: Template): ApiDefinition {
  const [api, ...others] = resourcesOf(template, 'AWS::ApiGateway::RestApi');
  if (!api || others.length > 0) throw new TemplateError('template: expected one RestApi');
  return {
    methods: resourcesOf(template, 'AWS::ApiGateway::Method').map((method) =>
      methodOf(template, method),
    ),
    keySource: api.properties['ApiKeySourceType'] === 'AUTHORIZER' ? 'AUTHORIZER' : 'HEADER',
    plans: resourcesOf(template, 'AWS::ApiGateway::UsagePlan').map((plan) =>
      planOf(template, plan),
    ),
    responses: resourcesOf(template, 'AWS::ApiGateway::GatewayResponse').map(responseOf),
    binaryTypes: (api.properties['BinaryMediaTypes'] ?? []) as string[],
    functions: functionsOf(template),
  };
}

/** The file of each function by its logical id: its description says so. */
function fileOf(template: Template, value: unknown): string {
  const id = referenceIn(value);
  const found = resourcesOf(template, 'AWS::Lambda::Function').find((one) => one.id === id);
  const description = found ? textOf(found, 'Description') : '';
  const [, file] = /^runtime\/aws\/functions\/([a-z-]+)\.ts$/.exec(description) ?? [];
  if (file === undefined) throw new TemplateError(`function ${id}: got "${description}"`);
  return file;
}

function functionsOf(template: Template): ReadonlyMap<string, ApiFunction> {
  return new Map(
    resourcesOf(template, 'AWS::Lambda::Function').map(({ id, properties }) => {
      const { Variables = {} } = (properties['Environment'] ?? {}) as {
        Variables?: Record<string, unknown>;
      };
      const timeoutMs = Number(properties['Timeout'] ?? 3) * 1000;
      return [fileOf(template, { Ref: id }), { timeoutMs, environment: Variables }];
    }),
  );
}

interface Integration {
  readonly Type?: string;
  readonly Uri?: unknown;
  readonly ResponseTransferMode?: string;
  readonly TimeoutInMillis?: number;
}

function methodOf(template: Template, method: Named): ApiMethod {
  const { properties } = method;
  const integration = (properties['Integration'] ?? {}) as Integration;
  const streams = JSON.stringify(integration.Uri).includes('/response-streaming-invocations');
  if (integration.Type !== 'AWS_PROXY' || integration.ResponseTransferMode !== 'STREAM' || !streams)
    throw new TemplateError(
      `${method.id}: got ${String(integration.Type)} ${String(integration.ResponseTransferMode)}, expected a proxy that streams`,
    );
  return {
    resource: pathOf(template, properties['ResourceId']),
    verb: textOf(method, 'HttpMethod'),
    function: fileOf(template, integration.Uri),
    timeoutMs: integration.TimeoutInMillis ?? DEFAULT_TIMEOUT_MS,
    authorizer: authorizerOf(template, method),
    apiKeyRequired: properties['ApiKeyRequired'] === true,
    required: requiredOf(template, method),
    bodyModels: bodyModelsOf(template, method),
  };
}

function pathOf(template: Template, resourceId: unknown): string {
  const id = referenceIn(resourceId);
  const found = resourcesOf(template, 'AWS::ApiGateway::Resource').find((one) => one.id === id);
  if (!found) return '';
  return `${pathOf(template, found.properties['ParentId'])}/${textOf(found, 'PathPart')}`;
}

function authorizerOf(template: Template, method: Named): ApiAuthorizer | null {
  const type = method.properties['AuthorizationType'];
  if (type === 'NONE' || type === undefined) return null;
  const id = referenceIn(method.properties['AuthorizerId']);
  const found = resourcesOf(template, 'AWS::ApiGateway::Authorizer').find((one) => one.id === id);
  if (type !== 'CUSTOM' || found?.properties['Type'] !== 'REQUEST') {
    throw new TemplateError(`${method.id}: got another authorizer, expected one of type REQUEST`);
  }
  const { IdentitySource: sources = '', AuthorizerResultTtlInSeconds: ttlS = DEFAULT_TTL_S } =
    found.properties;
  return {
    id: found.id,
    function: fileOf(template, found.properties['AuthorizerUri']),
    identitySources: (sources as string).split(',').filter(Boolean),
    ttlMs: Number(ttlS) * 1000,
  };
}

function requiredOf(template: Template, method: Named): string[] {
  const id = referenceIn(method.properties['RequestValidatorId']);
  const found = resourcesOf(template, 'AWS::ApiGateway::RequestValidator').find(
    (one) => one.id === id,
  );
  if (found?.properties['ValidateRequestParameters'] !== true) return [];
  const parameters = (method.properties['RequestParameters'] ?? {}) as Record<string, boolean>;
  return Object.keys(parameters).filter((name) => parameters[name]);
}

function planOf(template: Template, plan: Named): UsagePlan {
  const { RateLimit = Infinity, BurstLimit = Infinity } = (plan.properties['Throttle'] ?? {}) as {
    RateLimit?: number;
    BurstLimit?: number;
  };
  const { Limit: quota = Infinity } = (plan.properties['Quota'] ?? {}) as { Limit?: number };
  const keyIds = resourcesOf(template, 'AWS::ApiGateway::UsagePlanKey')
    .filter(({ properties }) => referenceIn(properties['UsagePlanId']) === plan.id)
    .map(({ properties }) => referenceIn(properties['KeyId']));
  const keys = resourcesOf(template, 'AWS::ApiGateway::ApiKey')
    .filter(({ id }) => keyIds.includes(id))
    .flatMap(({ properties: { Value: value } }) => (typeof value === 'string' ? value : []));
  return { requestsPerSecond: RateLimit, burst: BurstLimit, quota, keys };
}

function responseOf(response: Named): GatewayResponse {
  const parameters = (response.properties['ResponseParameters'] ?? {}) as Record<string, string>;
  const templates = (response.properties['ResponseTemplates'] ?? {}) as Record<string, string>;
  const status = response.properties['StatusCode'];
  return {
    type: textOf(response, 'ResponseType'),
    status: status === undefined ? null : Number(status),
    headers: Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [
        name.replace(/^gatewayresponse\.header\./, '').toLowerCase(),
        value.replace(/^'(.*)'$/, '$1'),
      ]),
    ),
    body: templates['application/json'] ?? null,
  };
}
