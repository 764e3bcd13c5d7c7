import { CfnOutput, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  ApiKey,
  Deployment,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RestApi,
  Stage,
} from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './access.ts';
import { ACCESS_LOG } from './gateway-api.ts';
import { GATEWAY_ROUTES } from './gateway-routes.ts';
import { namesOf } from './names.ts';
import type { KeyOnlyUnit } from './unit.ts';
import { createUnitPlan } from './usage-plan.ts';

interface KeyOnlyProps extends StackProps {
  readonly unit: KeyOnlyUnit;
}

/** A unit without an API of its own: a stage, with its own limits, on one that is there. */
export class KeyOnlyStack extends Stack {
  constructor(scope: Construct, id: string, { unit, ...props }: KeyOnlyProps) {
    super(scope, id, props);
    const names = namesOf(unit.name);
    const limits = { throttle: unit.throttle, quota: unit.quota };
    const { apiId, rootResourceId, usagePlanKeyId } = joined(unit);

    const api = RestApi.fromRestApiAttributes(this, 'Api', { restApiId: apiId, rootResourceId });
    const deployment = new Deployment(this, 'Deployment', { api });
    // A stage shows what the API was when it was deployed: new routes make a new one.
    deployment.addToLogicalId(GATEWAY_ROUTES);
    const log = new LogGroup(this, 'Log', {
      logGroupName: `/tollbook/${names.prefix}/gateway`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new Stage(this, 'Stage', {
      deployment,
      stageName: names.prefix,
      throttlingRateLimit: unit.throttle.requestsPerSecond,
      throttlingBurstLimit: unit.throttle.burst,
      metricsEnabled: true,
      loggingLevel: MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
      accessLogDestination: new LogGroupLogDestination(log),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
    });
    acknowledge(stage, 'APIG3', 'the firewall is the business of the unit that has the API');
    const key = ApiKey.fromApiKeyId(this, 'PlanKey', usagePlanKeyId);
    createUnitPlan(this, { ...limits, name: names.prefix, api, stage, key });
    new CfnOutput(this, 'TenantBaseUrl', {
      value: `https://${apiId}.execute-api.${this.region}.${this.urlSuffix}/${names.prefix}`,
      description: 'With /v1 behind it, the base URL of an OpenAI client',
    });
  }
}

function joined({ joins }: KeyOnlyUnit) {
  if (!('unit' in joins)) return joins;
  const { exported } = namesOf(joins.unit);
  return {
    apiId: Fn.importValue(exported('api-id')),
    rootResourceId: Fn.importValue(exported('root-resource-id')),
    usagePlanKeyId: Fn.importValue(exported('usage-plan-key-id')),
  };
}
