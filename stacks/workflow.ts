import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge, createRole } from './access.ts';
import type { Access } from './access.ts';
import { CHECKOUT } from './checkout.ts';

interface WorkflowProps {
  /** Below `workflows/`. */
  readonly file: string;
  readonly name: string;
  /** Function by placeholder of the file. */
  readonly steps: Readonly<Record<string, Function>>;
  /** EventBridge Scheduler's form, UTC. */
  readonly schedule: string;
}

/** A state machine from its file as it lies there, what starts it, and where lost starts go. */
export class Workflow extends Construct {
  readonly machine: StateMachine;
  /** Starts that failed for good. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { file, name, steps, schedule }: WorkflowProps) {
    super(scope, id);

    const definition = readFileSync(join(CHECKOUT, 'workflows', file), 'utf8');
    const functions = Object.values(steps).map(({ functionArn }) => functionArn);
    const role = createRole(this, 'Role', {
      service: 'states.amazonaws.com',
      access: [
        { actions: ['lambda:InvokeFunction'], resources: functions },
        ...(definition.includes('"DISTRIBUTED"') ? mapAccess(name) : []),
        LOG_DELIVERY,
      ],
    });
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: name,
      role: role.withoutPolicyUpdates(),
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: Object.fromEntries(
        Object.entries(steps).map(([step, { functionArn }]) => [step, functionArn]),
      ),
      logs: {
        destination: new LogGroup(this, 'Log', {
          // A prefix that the service's own resource policy covers, however many machines there are.
          logGroupName: `/aws/vendedlogs/states/${name}`,
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: true,
      },
    });
    acknowledge(
      this.machine,
      'SF2',
      'its history says what ran for how long; the rest is in the log',
    );

    this.deadLetters = new Queue(this, 'LostStarts', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.deadLetters, 'SQS3', 'it is itself where what failed ends up');
    new Schedule(this, 'Schedule', {
      scheduleName: name,
      schedule: ScheduleExpression.expression(schedule),
      timeWindow: TimeWindow.off(),
      target: new StepFunctionsStartExecution(this.machine, {
        input: ScheduleTargetInput.fromObject({}),
        deadLetterQueue: this.deadLetters,
        // The next hour's start makes up for a lost one: an old start is worth nothing.
        maxEventAge: Duration.minutes(30),
        retryAttempts: 10,
      }),
    });
  }
}

/** A distributed Map runs its items as executions of the machine itself, and watches them. */
function mapAccess(name: string): Access[] {
  const arn = `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}`;
  return [
    { actions: ['states:StartExecution'], resources: [`${arn}:stateMachine:${name}`] },
    {
      actions: ['states:DescribeExecution', 'states:StopExecution', 'states:RedriveExecution'],
      resources: [`${arn}:execution:${name}/*`],
      because: 'its own child executions, whose names Step Functions chooses',
    },
  ];
}

const LOG_DELIVERY: Access = {
  actions: [
    'logs:CreateLogDelivery',
    'logs:GetLogDelivery',
    'logs:UpdateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:DescribeResourcePolicies',
    'logs:DescribeLogGroups',
  ],
  resources: ['*'],
  because: 'how Step Functions sets up its own log: IAM knows no resource for a delivery',
};
