import { Aws, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { PRICING_FUNCTION_SETTINGS } from '../runtime/settings.ts';
import { PRICING_STEPS } from '../workflows/steps.ts';
import type { Access } from './access.ts';
import { createFunction } from './bundled-function.ts';
import { bucketAccess } from './metering-access.ts';
import type { MeteringStack } from './metering-stack.ts';
import type { UnitNames } from './names.ts';
import type { TenancyStack } from './tenancy-stack.ts';
import type { FullUnit } from './unit.ts';
import { Workflow } from './workflow.ts';

type PricingFunction = keyof typeof PRICING_FUNCTION_SETTINGS;

interface PricingProps extends StackProps {
  readonly names: UnitNames;
  readonly config: FullUnit['pricing'];
  readonly tenancy: TenancyStack;
  readonly metering: MeteringStack;
}

/** All pages of three offers of every Region are in memory while a book is built. */
const MEMORY_MB = 2048;

/** The price book: read from AWS's list once a day, compared, and published or held for a person. */
export class PricingStack extends Stack {
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: PricingProps) {
    super(scope, id, props);
    const { names, config, metering } = props;
    const access = pricingAccess(names, {
      tableArn: props.tenancy.table.tableArn,
      topicArn: metering.topic.topicArn,
    });
    const log = new LogGroup(this, 'Log', {
      logGroupName: `/tollbook/${names.prefix}/pricing`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const steps = PRICING_STEPS.map((step): readonly [string, Function] => {
      const name = step.replace(/(?<=.)(?=[A-Z])/g, '-').toLowerCase() as PricingFunction;
      const created = createFunction<PricingFunction>(this, name, {
        ...{ names, log, access: access[name] },
        settings: {
          table: names.table,
          lakeBucket: names.buckets.lake,
          regions: config.regions.join(','),
          topicArn: metering.topic.topicArn,
        },
        // Outside any VPC: AWS's price list answers in three Regions only, and no endpoint leads there.
        network: null,
        ...{ memoryMb: MEMORY_MB, timeout: Duration.minutes(15) },
      });
      return [step, created];
    });
    this.workflow = new Workflow(this, 'Workflow', {
      file: 'pricing.asl.json',
      name: names.pricingMachine,
      steps: Object.fromEntries(steps),
      schedule: config.schedule,
    });
    new CfnOutput(this, 'AdminPricing', { value: this.workflow.machine.stateMachineArn });
  }
}

interface PricingResources {
  readonly tableArn: string;
  readonly topicArn: string;
}

/** What each step may do: only the last of them changes which book is current. */
function pricingAccess(
  names: UnitNames,
  { tableArn, topicArn }: PricingResources,
): Record<PricingFunction, Access[]> {
  const lake = bucketAccess(names.buckets.lake);
  const table = (...actions: string[]): Access => ({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [tableArn],
  });
  const offers: Access = {
    actions: ['pricing:GetProducts'],
    resources: ['*'],
    because: `the public price list of ${Aws.PARTITION}: IAM knows no resource in it`,
  };
  return {
    'accept-price-book': [
      ...[table('GetItem', 'PutItem'), lake.read('prices/held/')],
      lake.create('prices/accepted/'),
    ],
    'fetch-offers': [offers, lake.create('prices/snapshots/')],
    'build-price-book': [table('GetItem'), lake.create('prices/')],
    'diff-price-books': [lake.read('prices/'), lake.create('prices/diffs/')],
    'hold-price-book': [
      lake.create('prices/held/'),
      { actions: ['sns:Publish'], resources: [topicArn] },
    ],
    'publish-price-book': [table('GetItem', 'PutItem')],
  };
}
