import { AssetHashType } from 'aws-cdk-lib';
import type { Duration } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Architecture, Code, Function, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { BUNDLE_HANDLER, bundleFunctionNow } from '../runtime/bundling.ts';
import { functionEnvironment } from '../runtime/settings.ts';
import type { AnyFunctionName, FunctionSettings } from '../runtime/settings.ts';
import { createRole } from './access.ts';
import type { Access } from './access.ts';
import type { UnitNames } from './names.ts';

/** Where functions run when they do not run outside any VPC. */
export interface FunctionNetwork {
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
}

export interface BundledFunctionProps<Name extends AnyFunctionName> {
  readonly names: UnitNames;
  readonly settings: FunctionSettings<Name>;
  /** What its adapters call, with which of it, and no more. */
  readonly access: readonly Access[];
  /** Where its standard output goes. */
  readonly log: ILogGroup;
  readonly network: FunctionNetwork | null;
  /** Lambda gives CPU by memory. */
  readonly memoryMb: number;
  readonly timeout: Duration;
}

/** What Lambda itself does in the name of a function that runs in a VPC. */
const NETWORK_ACCESS: Access = {
  actions: [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ],
  resources: ['*'],
  because: 'Lambda attaches interfaces that do not exist yet; EC2 knows no narrower resource here',
};

/** A function of `runtime/aws/functions/` as one file, with a role of its own. */
export function createFunction<Name extends AnyFunctionName>(
  scope: Construct,
  name: Name,
  props: BundledFunctionProps<Name>,
): Function {
  const { names, log, network } = props;
  const writesLog: Access = {
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [log.logGroupArn],
  };
  const role = createRole(scope, `${name}-role`, {
    service: 'lambda.amazonaws.com',
    access: [...props.access, writesLog, ...(network ? [NETWORK_ACCESS] : [])],
  });
  return new Function(scope, name, {
    functionName: names.functionName(name),
    description: `runtime/aws/functions/${name}.ts`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: bundled(name),
    handler: BUNDLE_HANDLER,
    role,
    environment: functionEnvironment(name, props.settings),
    memorySize: props.memoryMb,
    timeout: props.timeout,
    logGroup: log,
    // Text: in JSON Lambda may add fields to a line, and a usage line is signed as it was written.
    loggingFormat: LoggingFormat.TEXT,
    ...(network && {
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [network.securityGroup],
    }),
  });
}

/** Bundled here, by the same code that tests and measures bundles: nothing runs in Docker. */
function bundled(name: AnyFunctionName): Code {
  return Code.fromAsset('runtime/aws/functions', {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: Runtime.NODEJS_24_X.bundlingImage,
      // Never run: without it CDK takes all functions for one, as it cannot compare closures.
      command: [name],
      local: {
        tryBundle: (folder) => {
          bundleFunctionNow(name, folder);
          return true;
        },
      },
    },
  });
}
