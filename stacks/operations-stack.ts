import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { AlarmStatusWidget, Dashboard, GraphWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric, IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { alarmSpecs, createAlarm } from './alarms.ts';
import type { GatewayStack } from './gateway-stack.ts';
import { createFigures } from './metering-figures.ts';
import type { Figure } from './metering-figures.ts';
import type { MeteringStack } from './metering-stack.ts';
import type { UnitNames } from './names.ts';
import type { PricingStack } from './pricing-stack.ts';
import type { TenancyStack } from './tenancy-stack.ts';

interface OperationsProps extends StackProps {
  readonly names: UnitNames;
  readonly emails: readonly string[];
  readonly metering: MeteringStack;
  readonly pricing: PricingStack;
  readonly gateway: GatewayStack;
  readonly tenancy: TenancyStack;
}

/** What people look at when something is wrong, and what tells them so. */
export class OperationsStack extends Stack {
  constructor(scope: Construct, id: string, props: OperationsProps) {
    super(scope, id, props);
    const { names, metering } = props;

    const topic = Topic.fromTopicArn(this, 'Notices', metering.topic.topicArn);
    for (const email of props.emails) topic.addSubscription(new EmailSubscription(email));
    const figures = createFigures(this, names.prefix, metering.log);
    const specs = alarmSpecs({ figures, ...props });
    const alarms = specs.map((spec) => createAlarm(this, spec, topic));

    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: names.prefix });
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', width: 24, alarms }));
    for (const row of dashboardRows(props, figures)) dashboard.addWidgets(...row);
    new CfnOutput(this, 'AdminDashboard', { value: names.prefix });
  }
}

const WIDTH = 8;

function dashboardRows(
  { names, metering, gateway }: OperationsProps,
  figures: Readonly<Record<Figure, IMetric>>,
): readonly (readonly IWidget[])[] {
  const { machine } = metering.workflow;
  const graph = (title: string, ...left: IMetric[]) =>
    new GraphWidget({ title, width: WIDTH, left });
  const hourly = { statistic: Stats.SUM, period: Duration.hours(1) };
  const latency = (statistic: string) => gateway.api.metricLatency({ statistic });
  return [
    [
      graph('Calls', gateway.api.metricCount(), gateway.api.metricClientError()),
      graph('Errors of ours', gateway.api.metricServerError(), gateway.invoke.metricErrors()),
      graph('Latency', latency('p50'), latency('p99')),
    ],
    [
      graph('Metering runs', machine.metricSucceeded(hourly), machine.metricFailed(hourly)),
      graph('Windows and late lines', figures.planned, figures.late),
      graph('Functions at once', gateway.invoke.metric('ConcurrentExecutions')),
    ],
    [
      graph('Waiting for a price', figures.unpriced),
      graph('In quarantine', figures.quarantined),
      graph(
        `In suspense, ${names.prefix}`,
        figures.suspended,
        figures.suspense,
        figures.suspenseHours,
      ),
    ],
  ];
}
