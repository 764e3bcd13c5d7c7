import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { GatewayStack } from './gateway-stack.ts';
import type { MeteringStack } from './metering-stack.ts';
import type { PricingStack } from './pricing-stack.ts';
import type { TenancyStack } from './tenancy-stack.ts';
import type { Figure } from './metering-figures.ts';

/** One alarm: what it says, and from where on. */
interface AlarmSpec {
  readonly id: string;
  /** What is wrong and what to do, for whoever gets the mail. */
  readonly says: string;
  readonly metric: IMetric;
  /** Alarms above this, or below it where it says so. */
  readonly limit: number;
  readonly below?: true;
  readonly periods?: number;
  /** No figure at all is as bad as a bad one. */
  readonly silenceIsBad?: true;
}

interface AlarmSources {
  readonly figures: Readonly<Record<Figure, IMetric>>;
  readonly metering: MeteringStack;
  readonly pricing: PricingStack;
  readonly gateway: GatewayStack;
  readonly tenancy: TenancyStack;
}

const HOUR = { statistic: Stats.SUM, period: Duration.hours(1) };
const FIVE_MINUTES = { statistic: Stats.SUM, period: Duration.minutes(5) };

/** A call of unknown outcome is normally cleared up by its late line, within a day. */
const SUSPENSE_HOURS_MAX = 24;

/** Every alarm, in the order in which it matters. */
export function alarmSpecs(sources: AlarmSources): readonly AlarmSpec[] {
  return [...meteringAlarms(sources), ...callAlarms(sources)];
}

/** The books: a window that is not sealed, a price that is missing. */
function meteringAlarms({ figures, metering, pricing }: AlarmSources): readonly AlarmSpec[] {
  const { machine, deadLetters } = metering.workflow;
  return [
    {
      ...{ id: 'WindowNotSealed', metric: machine.metricFailed(HOUR), limit: 0 },
      says: 'A window does not tie or a step failed: it and all later ones are not sealed. The execution names it.',
    },
    {
      ...{ id: 'MeteringTimedOut', metric: machine.metricTimedOut(HOUR), limit: 0 },
      says: 'A metering run took longer than its machine allows.',
    },
    {
      ...{ id: 'MeteringSilent', metric: machine.metricSucceeded(HOUR), limit: 1, below: true },
      ...{ periods: 3, silenceIsBad: true },
      says: 'No metering run ended well for three hours: windows stay open.',
    },
    {
      ...{ id: 'LostStart', limit: 0 },
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        ...{ statistic: Stats.MAXIMUM, period: Duration.minutes(5) },
      }),
      says: 'A start of the metering was given up; it lies in the dead-letter queue. The next one makes up for it.',
    },
    {
      ...{ id: 'PricesNotRead', metric: pricing.workflow.machine.metricFailed(HOUR), limit: 0 },
      says: "A new price book is held for a person, AWS's list could not be read whole, or no book came of it: yesterday's stays. The execution says which.",
    },
    {
      ...{ id: 'Unpriced', metric: figures.unpriced, limit: 0 },
      says: 'Calls wait for a price: their model is not in the price book. They are billed when it is.',
    },
    {
      ...{ id: 'Quarantined', metric: figures.quarantined, limit: 0 },
      says: 'Usage lines could not be used: see the table quarantine for the reasons.',
    },
    {
      ...{ id: 'SuspenseAge', metric: figures.suspenseHours, limit: SUSPENSE_HOURS_MAX },
      says: 'Calls of unknown outcome are older than a day: they stay reserved and are not billed.',
    },
  ];
}

/** The calls: turned away, or failed by us. */
function callAlarms({ gateway, tenancy }: AlarmSources): readonly AlarmSpec[] {
  return [
    {
      ...{ id: 'InvokeThrottled', metric: gateway.invoke.metricThrottles(FIVE_MINUTES), limit: 0 },
      says: 'Lambda turned calls away: raise the concurrency quota of the account.',
    },
    {
      ...{ id: 'InvokeFailed', metric: gateway.invoke.metricErrors(FIVE_MINUTES), limit: 0 },
      says: 'Calls ended with an error of ours. Their reservations go to suspense.',
    },
    {
      ...{ id: 'AuthorizerFailed', metric: gateway.authorizer.metricErrors(FIVE_MINUTES) },
      // A wrong key is an error to Lambda, and people mistype: many at once are something else.
      limit: 100,
      says: 'Very many calls without a valid key, or the authorizer is broken.',
    },
    {
      ...{ id: 'TableThrottled', limit: 0 },
      metric: tenancy.table.metricThrottledRequestsForOperations({
        operations: TABLE_OPERATIONS,
        ...{ period: Duration.minutes(5) },
      }),
      says: 'DynamoDB turned requests away: they are tried again, calls get slower.',
    },
  ];
}

const TABLE_OPERATIONS = ['GetItem', 'PutItem', 'UpdateItem', 'Query'] as never[];

/** Makes an alarm that tells the topic. */
export function createAlarm(scope: Construct, spec: AlarmSpec, topic: ITopic): Alarm {
  const { id, says, metric, limit, below, periods = 1, silenceIsBad } = spec;
  const alarm = new Alarm(scope, id, {
    alarmDescription: says,
    metric,
    threshold: limit,
    evaluationPeriods: periods,
    comparisonOperator: below
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(new SnsAction(topic));
  return alarm;
}
