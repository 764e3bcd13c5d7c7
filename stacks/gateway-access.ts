import { Aws } from 'aws-cdk-lib';
import type { GatewayFunctionName } from '../runtime/settings.ts';
import type { Access } from './access.ts';
import { athenaAccess, workGroupsOf } from './athena-access.ts';
import { bucketAccess } from './metering-access.ts';
import type { UnitNames } from './names.ts';
import type { FullUnit } from './unit.ts';

interface GatewayAccessProps {
  readonly names: UnitNames;
  readonly config: Pick<FullUnit['gateway'], 'models' | 'modelArns' | 'endpointArns'>;
  readonly governed: boolean;
  readonly tableArn: string;
  readonly pepperArn: string;
  readonly macKeyArn: string;
}

/** Partitions of what admins keep, as `runtime/aws/dynamo/dynamo-table.ts` names them. */
const DIRECTORY = ['tenants', 'keys/*', 'keys-of/*', 'documents/*', 'audit'];
const COUNTERS = 'counters/*';
/** Models that admins have onboarded, which a list of models names. */
const REGISTRY = 'documents/model';

/** The topic of notices, which another stack makes. */
export function noticesArn({ topic }: UnitNames): string {
  return `arn:${Aws.PARTITION}:sns:${Aws.REGION}:${Aws.ACCOUNT_ID}:${topic}`;
}

/** What each function of the gateway may do. A test compares this with what the adapters call. */
export function gatewayAccess(props: GatewayAccessProps): Record<GatewayFunctionName, Access[]> {
  const { names, governed, tableArn, pepperArn } = props;
  const lake = bucketAccess(names.buckets.lake);
  const secret = (arn: string): Access => ({
    ...{ actions: ['secretsmanager:GetSecretValue'], resources: [arn] },
  });
  const find: Access = { actions: ['dynamodb:GetItem'], resources: [tableArn] };
  return {
    invoke: invokeAccess(props),
    me: [
      ...[directory(tableArn, 'GetItem', 'Query'), counters(tableArn)],
      ...[lake.read('manifests/'), lake.list('manifests/')],
      ...athenaAccess(names, {
        ...{ workGroup: workGroupsOf(names).analysts, governed, files: true, person: false },
      }),
    ],
    admin: [
      ...[directory(tableArn, 'GetItem', 'PutItem', 'Query'), counters(tableArn)],
      secret(pepperArn),
    ],
    authorizer: [find, secret(pepperArn)],
    'operator-authorizer': [directory(tableArn, 'GetItem'), secret(pepperArn)],
  };
}

/** Items of what admins keep: no reservation, no kept answer, no price book. */
function directory(tableArn: string, ...actions: readonly string[]): Access {
  return {
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [tableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': DIRECTORY } },
  };
}

/** How budgets stand. */
function counters(tableArn: string): Access {
  return {
    ...{ actions: ['dynamodb:GetItem'], resources: [tableArn] },
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [COUNTERS] } },
  };
}

/** Reserve, read the prices to hold by, call the models of the list, settle, keep answers. */
function invokeAccess({ names, config, tableArn, macKeyArn }: GatewayAccessProps): Access[] {
  const bedrock = (region: string, account: string, path: string) =>
    `arn:${Aws.PARTITION}:bedrock:${region}:${account}:${path}`;
  return [
    {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources: [tableArn],
    },
    {
      ...{ actions: ['dynamodb:Query'], resources: [tableArn] },
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [REGISTRY] } },
    },
    { actions: ['secretsmanager:GetSecretValue'], resources: [macKeyArn] },
    { actions: ['sns:Publish'], resources: [noticesArn(names)] },
    {
      actions: ['s3:GetObject'],
      resources: [`arn:${Aws.PARTITION}:s3:::${names.buckets.lake}/prices/*`],
      because: 'the current price book, which is named by its hash',
    },
    {
      actions: [
        'bedrock:InvokeModel',
        'bedrock:InvokeModelWithResponseStream',
        'bedrock:CountTokens',
      ],
      resources: [
        // A cross-Region profile calls the model wherever there is room.
        ...config.models.map((model) => bedrock('*', '', `foundation-model/${model}`)),
        ...config.models.map((model) =>
          bedrock(Aws.REGION, Aws.ACCOUNT_ID, `inference-profile/*${model}`),
        ),
        bedrock(Aws.REGION, Aws.ACCOUNT_ID, 'application-inference-profile/*'),
        ...config.modelArns,
      ],
      because: 'the models of stacks/config.ts, by themselves and by inference profiles of them',
    },
    {
      actions: ['bedrock:GetInferenceProfile'],
      resources: [bedrock(Aws.REGION, Aws.ACCOUNT_ID, 'application-inference-profile/*')],
      because: 'it asks what a profile stands for that a team of the account has made',
    },
    ...endpointAccess(config.endpointArns),
  ];
}

/** Call the endpoints of the list; a unit without any may call none. */
function endpointAccess(endpointArns: readonly string[]): Access[] {
  if (endpointArns.length === 0) return [];
  const actions = ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'];
  return [{ actions, resources: endpointArns }];
}
