import { Period } from 'aws-cdk-lib/aws-apigateway';
import type { IApiKey, IRestApi, Stage, UsagePlan } from 'aws-cdk-lib/aws-apigateway';
import { UsagePlan as Plan } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import type { FullUnit } from './unit.ts';

interface UnitPlanProps {
  readonly name: string;
  readonly throttle: FullUnit['gateway']['throttle'];
  readonly quota: FullUnit['gateway']['quota'];
  readonly api: IRestApi;
  readonly stage: Stage;
  readonly key: IApiKey;
}

/**
 * What a unit may ask for on its stage. API Gateway keeps to it as well as it can, and says so: money
 * is kept by reservations, not by this.
 */
export function createUnitPlan(scope: Construct, props: UnitPlanProps): UsagePlan {
  const { name, throttle, quota, api, stage, key } = props;
  const plan = new Plan(scope, 'Plan', {
    name,
    apiStages: [{ api, stage }],
    throttle: { rateLimit: throttle.requestsPerSecond, burstLimit: throttle.burst },
    ...(quota && { quota: { limit: quota.requests, period: Period[quota.period] } }),
  });
  plan.addApiKey(key);
  return plan;
}
