import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { stepFunctionName } from '../runtime/settings.ts';
import type { SettingName, StepFunctionName } from '../runtime/settings.ts';
import { METERING_STEPS } from '../workflows/steps.ts';
import type { MeteringStep } from '../workflows/steps.ts';
import { createFunction } from './bundled-function.ts';
import type { FunctionNetwork } from './bundled-function.ts';
import type { LakeStack } from './lake-stack.ts';
import { meteringAccess } from './metering-access.ts';
import type { UnitNames } from './names.ts';
import { grantTables } from './tenant-filters.ts';
import type { TenancyStack } from './tenancy-stack.ts';
import { Workflow } from './workflow.ts';

interface MeteringProps extends StackProps {
  readonly names: UnitNames;
  readonly schedule: string;
  readonly tenancy: TenancyStack;
  readonly lake: LakeStack;
  readonly network: FunctionNetwork | null;
  /** Does Lake Formation decide who reads the published tables? */
  readonly governed: boolean;
}

/** Lambda gives a whole CPU at 1,769 MB; one window of a million lines is held in memory as text. */
const MEMORY_MB: Readonly<Partial<Record<StepFunctionName, number>>> = {
  'rate-window': 4096,
  'collect-slice': 2048,
  'match-reservations': 2048,
  'seal-window': 2048,
  'sweep-late': 2048,
};
const MEMORY_MB_DEFAULT = 512;

/** The definition gives a step 900 s; Lambda gives it no more. */
const TIMEOUT = Duration.minutes(15);

/** The metering workflow: the machine that also runs on one machine, its functions and its start. */
export class MeteringStack extends Stack {
  readonly workflow: Workflow;
  readonly topic: Topic;
  readonly functions: Readonly<Record<MeteringStep, Function>>;
  /** Standard output of every step. */
  readonly log: LogGroup;

  constructor(scope: Construct, id: string, props: MeteringProps) {
    super(scope, id, props);
    const { names } = props;

    this.topic = new Topic(this, 'Notices', { topicName: names.topic, enforceSSL: true });
    this.log = new LogGroup(this, 'Log', {
      logGroupName: `/tollbook/${names.prefix}/metering`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.functions = this.createSteps(props);
    this.workflow = new Workflow(this, 'Workflow', {
      file: 'metering.asl.json',
      name: names.machine,
      steps: this.functions,
      schedule: props.schedule,
    });
    if (props.governed) this.grantPublished(names);
    new CfnOutput(this, 'AdminStateMachine', { value: this.workflow.machine.stateMachineArn });
    new CfnOutput(this, 'AdminNotices', { value: this.topic.topicArn });
  }

  private createSteps(props: MeteringProps): Readonly<Record<MeteringStep, Function>> {
    const { names, tenancy, lake, network, governed } = props;
    const access = meteringAccess({
      ...{ names, governed },
      tableArn: tenancy.table.tableArn,
      usageLogArn: lake.usageLog.logGroupArn,
      macKeyArn: tenancy.macKey.secretArn,
      signingKeyArn: lake.signingKey.keyArn,
      topicArn: this.topic.topicArn,
    });
    const settings = {
      table: names.table,
      lakeBucket: names.buckets.lake,
      workBucket: names.buckets.work,
      checkpointBucket: names.buckets.checkpoints,
      database: names.database,
      candidateDatabase: names.candidateDatabase,
      workGroup: names.auditWorkGroup,
      logGroup: names.usageLog,
      topicArn: this.topic.topicArn,
      signingKey: lake.signingKey.keyArn,
      macKeySecret: tenancy.macKey.secretArn,
      ledger: names.ledger,
    } satisfies Partial<Record<SettingName, string>>;
    const functions = METERING_STEPS.map((step) => {
      const name = stepFunctionName(step);
      const created = createFunction<StepFunctionName>(this, name, {
        ...{ names, network, settings, access: access[name], log: this.log },
        memoryMb: MEMORY_MB[name] ?? MEMORY_MB_DEFAULT,
        timeout: TIMEOUT,
      });
      return [step, created] as const;
    });
    return Object.fromEntries(functions) as Record<MeteringStep, Function>;
  }

  /** Where Lake Formation decides, IAM alone opens nothing: these steps work on published tables. */
  private grantPublished(names: UnitNames): void {
    const steps = {
      RateWindow: ['SELECT', 'DESCRIBE'],
      AuditWindow: ['SELECT', 'DESCRIBE'],
      SweepLate: ['SELECT', 'DESCRIBE'],
      PublishWindow: ['ALTER', 'INSERT', 'DESCRIBE'],
    } as const;
    for (const [id, permissions] of Object.entries(steps)) {
      const { role } = this.functions[id as keyof typeof steps];
      grantTables(this, names, { id, arn: role?.roleArn ?? '', permissions });
    }
  }
}
