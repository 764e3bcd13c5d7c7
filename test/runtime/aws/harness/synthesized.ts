import { App } from 'aws-cdk-lib';
import { Template as CdkTemplate } from 'aws-cdk-lib/assertions';
import { UNITS } from '../../../../stacks/config.ts';
import { GatewayStack } from '../../../../stacks/gateway-stack.ts';
import { LakeStack } from '../../../../stacks/lake-stack.ts';
import { namesOf } from '../../../../stacks/names.ts';
import { TenancyStack } from '../../../../stacks/tenancy-stack.ts';
import { parseUnits } from '../../../../stacks/unit.ts';
import type { FullUnit } from '../../../../stacks/unit.ts';
import type { Template } from './template.ts';

/** The gateway of the example unit that is open to the internet, as it is deployed. */
export function synthesizedGateway(): { readonly template: Template; readonly planKey: string } {
  const unit = parseUnits(UNITS).find(
    (one): one is FullUnit => one.kind === 'full' && one.gateway.access === 'public',
  );
  if (!unit) throw new Error('stacks/config.ts: expected a full unit with a public gateway');
  // What is in the bundles does not matter here, and takes seconds.
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const names = namesOf(unit.name);
  const { lock, logDays } = unit.metering;
  const gateway = new GatewayStack(app, 'gateway', {
    ...{ names, config: unit.gateway, network: null, endpoint: null, governed: false },
    tenancy: new TenancyStack(app, 'tenancy', { names, users: null }),
    lake: new LakeStack(app, 'lake', { names, lock, logDays }),
  });
  const template = CdkTemplate.fromStack(gateway).toJSON() as Template;
  return { template, planKey: names.usagePlanKey };
}
