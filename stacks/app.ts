import { App, Tags, Validations } from 'aws-cdk-lib';
import type { AppProps, Stack } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AnalyticsStack } from './analytics-stack.ts';
import { GatewayStack } from './gateway-stack.ts';
import { KeyOnlyStack } from './key-only-stack.ts';
import { LakeStack } from './lake-stack.ts';
import { MeteringStack } from './metering-stack.ts';
import { namesOf } from './names.ts';
import { NetworkStack } from './network-stack.ts';
import { OperationsStack } from './operations-stack.ts';
import { PricingStack } from './pricing-stack.ts';
import { TenancyStack } from './tenancy-stack.ts';
import { parseUnits } from './unit.ts';
import type { FullUnit } from './unit.ts';

/**
 * The whole deployment.
 *
 * @param entries - one per organisational unit, as in `config.ts`.
 * @throws ConfigError for an entry that cannot be deployed.
 */
export function createApp(entries: readonly unknown[], props: AppProps = {}): App {
  const app = new App(props);
  for (const unit of parseUnits(entries)) {
    const stacks =
      unit.kind === 'full'
        ? addUnit(app, unit)
        : [new KeyOnlyStack(app, `${namesOf(unit.name).prefix}-stage`, { unit })];
    for (const stack of stacks) {
      for (const [key, value] of Object.entries(unit.tags)) Tags.of(stack).add(key, value);
    }
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

/** A unit with everything of its own: what is kept first, what can be made again after. */
function addUnit(app: App, { name, gateway: way, ...unit }: FullUnit): Stack[] {
  const names = namesOf(name);
  const id = (part: string) => `${names.prefix}-${part}`;
  const governed = unit.analytics.tenantReaders.length > 0;

  const sageMaker = way.endpointArns.length > 0;
  const net = unit.network && new NetworkStack(app, id('network'), { ...unit.network, sageMaker });
  const network = net?.functions ?? null;
  const tenancy = new TenancyStack(app, id('tenancy'), {
    names,
    users: way.identity?.userPool ?? null,
  });
  const { lock, logDays, schedule } = unit.metering;
  const lake = new LakeStack(app, id('lake'), { names, lock, logDays });
  const analytics = new AnalyticsStack(app, id('analytics'), {
    ...{ names, config: unit.analytics },
  });
  const metering = new MeteringStack(app, id('metering'), {
    ...{ names, tenancy, lake, network, governed, schedule },
  });
  const pricing = new PricingStack(app, id('pricing'), {
    ...{ names, tenancy, metering, config: unit.pricing },
  });
  const gateway = new GatewayStack(app, id('gateway'), {
    ...{ names, tenancy, lake, network, governed, config: way },
    endpoint: way.access === 'private' ? (net?.apiEndpoint ?? null) : null,
  });
  const operations = new OperationsStack(app, id('operations'), {
    ...{ names, tenancy, metering, pricing, gateway, emails: unit.operations.emails },
  });
  analytics.addStackDependency(lake);
  metering.addStackDependency(analytics);
  pricing.addStackDependency(lake);
  gateway.addStackDependency(analytics);
  return [...(net ? [net] : []), tenancy, lake, analytics, metering, pricing, gateway, operations];
}
