import { Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import {
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  FlowLogDestination,
  IpAddresses,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { IVpc, InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { FunctionNetwork } from './bundled-function.ts';
import { acknowledge } from './access.ts';

/** What the functions call and reach without the internet. */
const SERVICES = {
  Bedrock: InterfaceVpcEndpointAwsService.BEDROCK,
  BedrockRuntime: InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Athena: InterfaceVpcEndpointAwsService.ATHENA,
  Glue: InterfaceVpcEndpointAwsService.GLUE,
  Kms: InterfaceVpcEndpointAwsService.KMS,
  SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Sns: InterfaceVpcEndpointAwsService.SNS,
} as const;

interface NetworkProps extends StackProps {
  readonly cidr: string;
  /** Are models on SageMaker called too? */
  readonly sageMaker: boolean;
}

/** A VPC without a way out: every AWS service that is called has an endpoint inside. */
export class NetworkStack extends Stack {
  readonly functions: FunctionNetwork;
  /** By which a private API is reached. */
  readonly apiEndpoint: InterfaceVpcEndpoint;

  constructor(scope: Construct, id: string, { cidr, sageMaker, ...props }: NetworkProps) {
    super(scope, id, props);

    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(cidr),
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'functions', subnetType: SubnetType.PRIVATE_ISOLATED }],
      restrictDefaultSecurityGroup: false,
    });
    const flowLog = new LogGroup(this, 'FlowLog', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    vpc.addFlowLog('Flows', { destination: FlowLogDestination.toCloudWatchLogs(flowLog) });
    vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });

    const securityGroup = new SecurityGroup(this, 'Functions', {
      vpc: vpc as IVpc,
      description: 'Functions: nothing comes in, endpoints alone can be reached',
    });
    const inside = new SecurityGroup(this, 'Services', {
      vpc: vpc as IVpc,
      description: 'Endpoints of services: functions alone come in',
    });
    inside.addIngressRule(securityGroup, Port.HTTPS, 'functions');
    const more = sageMaker ? { SageMaker: InterfaceVpcEndpointAwsService.SAGEMAKER_RUNTIME } : {};
    for (const [name, service] of Object.entries({ ...SERVICES, ...more })) {
      vpc.addInterfaceEndpoint(name, { service, open: false, securityGroups: [inside] });
    }
    this.apiEndpoint = vpc.addInterfaceEndpoint('Api', {
      service: InterfaceVpcEndpointAwsService.APIGATEWAY,
    });
    acknowledge(
      this.apiEndpoint,
      'EC23',
      'the rule cannot read the CIDR of the VPC, which is the only source that is let in',
    );
    this.functions = { vpc: vpc as IVpc, securityGroup };
  }
}
