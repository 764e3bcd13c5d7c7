import { describe, expect, it } from '@jest/globals';
import {
  FUNCTION_SETTINGS,
  PRICING_FUNCTION_SETTINGS,
  SETTINGS,
  SettingsError,
  functionEnvironment,
  readRegion,
  readSettings,
  stepFunctionName,
} from '../../runtime/settings.ts';
import type { FunctionName, SettingName } from '../../runtime/settings.ts';
import { METERING_STEPS } from '../../workflows/steps.ts';

const GOOD: Record<SettingName, string> = {
  table: 'tollbook-example',
  lakeBucket: 'tollbook-example-lake-111122223333-eu-central-1',
  workBucket: 'tollbook-example-work-111122223333-eu-central-1',
  checkpointBucket: 'tollbook-example-proof-111122223333-eu-central-1',
  database: 'tollbook_example',
  candidateDatabase: 'tollbook_example_candidate',
  workGroup: 'tollbook-example-audit',
  logGroup: '/tollbook/example/usage',
  topicArn: 'arn:aws:sns:eu-central-1:111122223333:tollbook-example-notices',
  signingKey: 'arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000',
  macKeySecret: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:MacKey-AbCdEf',
  pepperSecret: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:Pepper-AbCdEf',
  ledger: '111122223333/eu-central-1/example',
  regions: 'eu-central-1,us-gov-west-1',
  usagePlanKey: 'usage-plan-of-tollbook-example',
  issuers: '[]',
};
const NAMES = Object.keys(FUNCTION_SETTINGS) as FunctionName[];
const PRICING_NAMES = Object.keys(PRICING_FUNCTION_SETTINGS) as PricingFunctionName[];
type PricingFunctionName = keyof typeof PRICING_FUNCTION_SETTINGS;

describe('the settings of a function', () => {
  it.each(NAMES)('%s come back as they were given', (name) => {
    const settings = Object.fromEntries(
      FUNCTION_SETTINGS[name].map((setting) => [setting, GOOD[setting]]),
    ) as typeof GOOD;

    const env = functionEnvironment(name, settings);

    expect(readSettings(name, env)).toEqual(settings);
    expect(Object.keys(env)).toHaveLength(FUNCTION_SETTINGS[name].length);
  });

  it.each(PRICING_NAMES)('%s come back too, of the pricing workflow', (name) => {
    const settings = Object.fromEntries(
      PRICING_FUNCTION_SETTINGS[name].map((setting) => [setting, GOOD[setting]]),
    ) as typeof GOOD;

    expect(readSettings(name, functionEnvironment(name, settings))).toEqual(settings);
  });

  it('that are missing or wrong are all named, and none is shown', () => {
    const env = {
      [SETTINGS.table.variable]: 'no table',
      [SETTINGS.pepperSecret.variable]: GOOD.pepperSecret,
    };

    const read = () => readSettings('authorizer', env);

    expect(read).toThrow(SettingsError);
    expect(read).toThrow(
      'settings of authorizer: TOLLBOOK_TABLE: got something else, expected a DynamoDB table; ' +
        'TOLLBOOK_USAGE_PLAN_KEY: got nothing, expected nothing or 20 to 128 characters',
    );
  });

  it.each<[SettingName, string]>([
    ['table', 'a'],
    ['lakeBucket', 'Upper-Case'],
    ['database', 'with-hyphen'],
    ['logGroup', 'with space'],
    ['topicArn', 'arn:aws:sqs:eu-central-1:111122223333:queue'],
    ['signingKey', ''],
    ['macKeySecret', 'a\nb'],
    ['ledger', '/leading'],
    ['usagePlanKey', 'short'],
  ])('%s may not be %j', (setting, value) => {
    expect(SETTINGS[setting].form.test(value)).toBe(false);
    expect(SETTINGS[setting].form.test(GOOD[setting])).toBe(true);
  });

  it('give each variable one name', () => {
    const variables = Object.values(SETTINGS).map(({ variable }) => variable);

    expect(new Set(variables).size).toBe(variables.length);
  });

  it('of a unit without a plan say so by an empty key', () => {
    expect(SETTINGS.usagePlanKey.form.test('')).toBe(true);
  });

  it('do not say the Region: Lambda does', () => {
    expect(readRegion({ AWS_REGION: 'eu-central-1' })).toBe('eu-central-1');
    expect(() => readRegion({})).toThrow(SettingsError);
    expect(() => readRegion({ AWS_REGION: 'http://x' })).toThrow(SettingsError);
  });
});

describe('the function of a step', () => {
  it('is named as its file', () => {
    expect(stepFunctionName('PlanWindows')).toBe('plan-windows');
    expect(stepFunctionName('Summarise')).toBe('summarise');
    for (const step of METERING_STEPS) expect(NAMES).toContain(stepFunctionName(step));
  });
});
