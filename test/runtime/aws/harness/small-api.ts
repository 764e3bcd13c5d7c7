import type { Template, TemplateResource } from './template.ts';

/** How a small API differs from one with an authorizer, no plan and nothing kept. */
export interface SmallApi {
  readonly ttlS?: number;
  readonly identitySource?: string;
  readonly plan?: { readonly rate: number; readonly burst: number; readonly quota?: number };
  readonly required?: Readonly<Record<string, boolean>>;
  /** Schema that JSON bodies must match. */
  readonly model?: Readonly<Record<string, unknown>>;
  readonly binaryTypes?: readonly string[];
  readonly timeoutS?: number;
  readonly streams?: boolean;
}

/** Value of the key under which a small API's plan counts. */
export const PLAN_KEY = 'usage-plan-of-the-small-api';

const functionOf = (file: string, timeoutS: number): TemplateResource => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Description: `runtime/aws/functions/${file}.ts`, Timeout: timeoutS },
});

/** A template of one API: `GET /open` without authorizer, `POST /closed/{name}` behind one. */
export function smallApi(differs: SmallApi = {}): Template {
  const { ttlS = 0, identitySource, plan, binaryTypes, timeoutS = 30 } = differs;
  const { required, model } = differs;
  const uri = (id: string, streams: boolean) => ({
    'Fn::Join': [
      '',
      [
        streams ? 'arn:aws:apigateway:path/2021-11-15/functions/' : 'arn:aws:apigateway:path/',
        { 'Fn::GetAtt': [id, 'Arn'] },
        streams ? '/response-streaming-invocations' : '/invocations',
      ],
    ],
  });
  const integration = {
    Type: 'AWS_PROXY',
    ResponseTransferMode: differs.streams === false ? 'BUFFERED' : 'STREAM',
    Uri: uri('Invoke', differs.streams !== false),
  };
  const resource = (parent: unknown, part: string): TemplateResource => ({
    Type: 'AWS::ApiGateway::Resource',
    Properties: { ParentId: parent, PathPart: part },
  });
  return {
    Resources: {
      Api: {
        Type: 'AWS::ApiGateway::RestApi',
        Properties: { ApiKeySourceType: 'AUTHORIZER', BinaryMediaTypes: binaryTypes ?? [] },
      },
      Invoke: functionOf('invoke', timeoutS),
      Authorizer: functionOf('authorizer', 5),
      Keys: {
        Type: 'AWS::ApiGateway::Authorizer',
        Properties: {
          Type: 'REQUEST',
          AuthorizerUri: uri('Authorizer', false),
          AuthorizerResultTtlInSeconds: ttlS,
          ...(identitySource !== undefined && { IdentitySource: identitySource }),
        },
      },
      Open: resource({ 'Fn::GetAtt': ['Api', 'RootResourceId'] }, 'open'),
      Closed: resource({ 'Fn::GetAtt': ['Api', 'RootResourceId'] }, 'closed'),
      Named: resource({ Ref: 'Closed' }, '{name}'),
      GetOpen: {
        Type: 'AWS::ApiGateway::Method',
        Properties: {
          ...{ ResourceId: { Ref: 'Open' }, HttpMethod: 'GET', AuthorizationType: 'NONE' },
          Integration: integration,
        },
      },
      PostClosed: {
        Type: 'AWS::ApiGateway::Method',
        Properties: {
          ...{ ResourceId: { Ref: 'Named' }, HttpMethod: 'POST', AuthorizationType: 'CUSTOM' },
          ...{ AuthorizerId: { Ref: 'Keys' }, ApiKeyRequired: plan !== undefined },
          ...((required ?? model) && { RequestValidatorId: { Ref: 'Validator' } }),
          ...(required && { RequestParameters: required }),
          ...(model && { RequestModels: { 'application/json': { Ref: 'Body' } } }),
          Integration: integration,
        },
      },
      Validator: {
        Type: 'AWS::ApiGateway::RequestValidator',
        Properties: { ValidateRequestParameters: true, ValidateRequestBody: true },
      },
      ...(model && {
        Body: {
          Type: 'AWS::ApiGateway::Model',
          Properties: { ContentType: 'application/json', Schema: model },
        },
      }),
      Refused: {
        Type: 'AWS::ApiGateway::GatewayResponse',
        Properties: {
          ResponseType: 'UNAUTHORIZED',
          StatusCode: '401',
          ResponseParameters: { 'gatewayresponse.header.www-authenticate': "'Bearer'" },
          ResponseTemplates: { 'application/json': '{"said":$context.error.messageString}' },
        },
      },
      ...(plan && {
        Key: { Type: 'AWS::ApiGateway::ApiKey', Properties: { Value: PLAN_KEY } },
        Plan: {
          Type: 'AWS::ApiGateway::UsagePlan',
          Properties: {
            Throttle: { RateLimit: plan.rate, BurstLimit: plan.burst },
            ...(plan.quota !== undefined && { Quota: { Limit: plan.quota, Period: 'DAY' } }),
          },
        },
        PlanKey: {
          Type: 'AWS::ApiGateway::UsagePlanKey',
          Properties: { UsagePlanId: { Ref: 'Plan' }, KeyId: { Ref: 'Key' } },
        },
      }),
    },
  };
}
