import { Aws, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { ApiKey, CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import type { IRestApi, RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './access.ts';
import type { Access } from './access.ts';
import { createFunction } from './bundled-function.ts';
import type { FunctionNetwork } from './bundled-function.ts';
import { Firewall } from './firewall.ts';
import { createApi } from './gateway-api.ts';
import type { LakeStack } from './lake-stack.ts';
import type { UnitNames } from './names.ts';
import type { TenancyStack } from './tenancy-stack.ts';
import type { FullUnit } from './unit.ts';
import { createUnitPlan } from './usage-plan.ts';

interface GatewayProps extends StackProps {
  readonly names: UnitNames;
  readonly config: FullUnit['gateway'];
  readonly tenancy: TenancyStack;
  readonly lake: LakeStack;
  readonly network: FunctionNetwork | null;
  readonly endpoint: InterfaceVpcEndpoint | null;
}

/** The way in: who is calling, what may be called, and one usage line for each call. */
export class GatewayStack extends Stack {
  readonly api: RestApi;
  readonly invoke: Function;
  readonly authorizer: Function;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id, props);
    const { names, config } = props;

    const log = new LogGroup(this, 'Log', {
      logGroupName: `/tollbook/${names.prefix}/gateway`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.invoke = this.createInvoke(props);
    this.authorizer = createFunction(this, 'authorizer', {
      ...{ names, log, network: props.network, memoryMb: 512, timeout: Duration.seconds(5) },
      settings: {
        table: names.table,
        pepperSecret: props.tenancy.pepper.secretArn,
        usagePlanKey: names.usagePlanKey,
      },
      access: [
        { actions: ['dynamodb:GetItem'], resources: [props.tenancy.table.tableArn] },
        {
          actions: ['secretsmanager:GetSecretValue'],
          resources: [props.tenancy.pepper.secretArn],
        },
      ],
    });
    this.api = createApi(this, {
      ...{ names, config, endpoint: props.endpoint, accessLog: log },
      ...{ invoke: this.invoke, authorizer: this.authorizer },
    });
    if (config.ownsLogRole) this.createLogRole();
    if (config.firewall) {
      const stageArn = this.api.deploymentStage.stageArn;
      new Firewall(this, 'Firewall', { name: names.prefix, ...config.firewall, stageArn });
    } else {
      acknowledge(this.api, 'APIG3', 'switched off in stacks/config.ts');
    }
    this.addPlan(names, config);
  }

  private createInvoke({ names, config, tenancy, lake, network }: GatewayProps): Function {
    const topicArn = `arn:${Aws.PARTITION}:sns:${Aws.REGION}:${Aws.ACCOUNT_ID}:${names.topic}`;
    return createFunction(this, 'invoke', {
      ...{ names, network, log: lake.usageLog },
      // Waiting for a model takes no CPU, and memory is paid for as long as it waits.
      ...{ memoryMb: 512, timeout: Duration.minutes(15) },
      settings: {
        table: names.table,
        lakeBucket: names.buckets.lake,
        macKeySecret: tenancy.macKey.secretArn,
        topicArn,
      },
      access: invokeAccess(names, config.models, {
        tableArn: tenancy.table.tableArn,
        macKeyArn: tenancy.macKey.secretArn,
        topicArn,
      }),
    });
  }

  /** Once for all APIs of the account in this Region: without it no access log is written. */
  private createLogRole(): void {
    const role = new Role(this, 'LogRole', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs'),
      ],
    });
    acknowledge(
      role,
      'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      'the one policy that API Gateway checks for before it takes the role',
    );
    const account = new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
    this.api.deploymentStage.node.addDependency(account);
  }

  private addPlan(names: UnitNames, { throttle, quota }: FullUnit['gateway']): void {
    const key = new ApiKey(this, 'PlanKey', {
      apiKeyName: names.prefix,
      value: names.usagePlanKey,
      description: 'Under which the usage plan counts; it opens nothing',
    });
    const stage = this.api.deploymentStage;
    createUnitPlan(this, {
      name: names.prefix,
      throttle,
      quota,
      api: this.api as IRestApi,
      stage,
      key,
    });
    const exported = {
      'api-id': this.api.restApiId,
      'root-resource-id': this.api.restApiRootResourceId,
      'usage-plan-key-id': key.keyId,
    } as const;
    for (const [what, value] of Object.entries(exported)) {
      const exportName = names.exported(what as keyof typeof exported);
      new CfnOutput(this, `Join-${what}`, { value, exportName });
    }
    new CfnOutput(this, 'TenantBaseUrl', {
      value: this.api.domainName ? `https://${this.api.domainName.domainName}` : this.api.url,
      description: 'With /v1 behind it, the base URL of an OpenAI client',
    });
  }
}

interface InvokeResources {
  readonly tableArn: string;
  readonly macKeyArn: string;
  readonly topicArn: string;
}

/** Reserve, read the prices to hold by, call the models of the list, settle. */
function invokeAccess(
  names: UnitNames,
  models: readonly string[],
  { tableArn, macKeyArn, topicArn }: InvokeResources,
): Access[] {
  const bedrock = (region: string, account: string, path: string) =>
    `arn:${Aws.PARTITION}:bedrock:${region}:${account}:${path}`;
  return [
    {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources: [tableArn],
    },
    { actions: ['secretsmanager:GetSecretValue'], resources: [macKeyArn] },
    { actions: ['sns:Publish'], resources: [topicArn] },
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
        ...models.map((model) => bedrock('*', '', `foundation-model/${model}`)),
        ...models.map((model) =>
          bedrock(Aws.REGION, Aws.ACCOUNT_ID, `inference-profile/*${model}`),
        ),
        bedrock(Aws.REGION, Aws.ACCOUNT_ID, 'application-inference-profile/*'),
      ],
      because: 'the models of stacks/config.ts, by themselves and by inference profiles of them',
    },
  ];
}
