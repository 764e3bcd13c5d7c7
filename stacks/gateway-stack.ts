import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { ApiKey, CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import type { IRestApi, RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './access.ts';
import type { FunctionNetwork } from './bundled-function.ts';
import { Firewall } from './firewall.ts';
import { createApi } from './gateway-api.ts';
import { createGatewayFunctions } from './gateway-functions.ts';
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
  /** Does Lake Formation decide who reads the published tables? */
  readonly governed: boolean;
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
    const functions = createGatewayFunctions(this, { ...props, log });
    this.invoke = functions.invoke;
    this.authorizer = functions.authorizer;
    this.api = createApi(this, {
      ...{ names, config, endpoint: props.endpoint, accessLog: log, functions },
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
