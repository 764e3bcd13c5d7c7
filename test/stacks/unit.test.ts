import { describe, expect, it } from '@jest/globals';
import { UNITS } from '../../stacks/config.ts';
import { cronFault } from '../../stacks/schedule.ts';
import { ConfigError, parseUnits } from '../../stacks/unit.ts';
import type { FullUnit } from '../../stacks/unit.ts';

const full = UNITS.find((unit): unit is FullUnit => unit.kind === 'full')!;
const keyOnly = UNITS.find(({ kind }) => kind === 'key-only')!;

const kindOf = (arn: string) => arn.split(':').at(-1)?.split('/')[0];

/** What is said against entries; the empty text if nothing is. */
function fault(...entries: unknown[]): string {
  try {
    parseUnits(entries);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('the units of a deployment', () => {
  it('are, as committed, fine', () => {
    expect(parseUnits(UNITS)).toEqual(UNITS);
  });

  it('switch every option on between them', () => {
    const units = UNITS.filter((unit): unit is FullUnit => unit.kind === 'full');
    const on = (has: (unit: FullUnit) => boolean) => units.some(has);

    expect(on(({ network }) => network !== null)).toBe(true);
    expect(on(({ gateway }) => gateway.access === 'private')).toBe(true);
    expect(on(({ gateway }) => gateway.access === 'public')).toBe(true);
    expect(on(({ gateway }) => gateway.domain !== null)).toBe(true);
    expect(on(({ gateway }) => gateway.quota !== null)).toBe(true);
    expect(on(({ gateway }) => gateway.firewall !== null)).toBe(true);
    expect(on(({ gateway }) => gateway.ownsLogRole)).toBe(true);
    expect(on(({ gateway }) => gateway.modelArns.length > 0)).toBe(true);
    const endpoints = units.flatMap(({ gateway }) => gateway.endpointArns.map(kindOf));
    expect([...new Set(endpoints)].sort()).toEqual(['endpoint', 'inference-component']);
    expect(on(({ gateway }) => gateway.identity === null)).toBe(true);
    expect(on(({ gateway }) => (gateway.identity?.issuers.length ?? 0) > 0)).toBe(true);
    const federation = units.flatMap(({ gateway }) => gateway.identity?.userPool?.federation ?? []);
    expect(federation.map(({ kind }) => kind).sort()).toEqual(['oidc', 'saml']);
    expect(on(({ metering }) => metering.lock.mode === 'COMPLIANCE')).toBe(true);
    expect(on(({ analytics }) => analytics.tenantReaders.length > 0)).toBe(true);
    expect(on(({ analytics }) => analytics.quickSight !== null)).toBe(true);
    expect(on(({ operations }) => operations.emails.length > 0)).toBe(true);
    const joins = UNITS.flatMap((unit) => (unit.kind === 'key-only' ? [unit.joins] : []));
    expect(joins.map((join) => Object.keys(join)[0]).sort()).toEqual(['apiId', 'unit']);
  });

  it.each<[string, unknown[], string]>([
    ['an unknown field', [{ ...full, colour: 'red' }], 'unit 1: '],
    ['a name too long for a bucket', [{ ...full, name: 'a'.repeat(19) }], 'name: 3 to 18 of a-z'],
    ['two of one name', [full, full], `unit ${full.name}: got two, expected one`],
    [
      'a private API without a network',
      [{ ...full, network: null, gateway: { ...full.gateway, access: 'private', domain: null } }],
      'gateway.access: got private, expected a network',
    ],
    [
      'a schedule that never comes',
      [{ ...full, metering: { ...full.metering, schedule: 'cron(99 * * * ? *)' } }],
      'metering.schedule: cron(six fields)',
    ],
    [
      'a tenant that would end a text in SQL',
      [
        {
          ...full,
          analytics: { ...full.analytics, tenantReaders: [{ tenant: "x' OR 1=1", roleArn: 'a' }] },
        },
      ],
      'analytics.tenantReaders.0.tenant: t_ and 26 of 0-9a-z',
    ],
    [
      'two readers of one tenant',
      [
        {
          ...full,
          analytics: {
            ...full.analytics,
            tenantReaders: [...full.analytics.tenantReaders, ...full.analytics.tenantReaders],
          },
        },
      ],
      'analytics.tenantReaders: got two of t_',
    ],
    [
      'two owners of the log role',
      [full, { ...full, name: 'another' }],
      `gateway.ownsLogRole: got ${full.name}, another`,
    ],
    [
      'a unit that joins one without an API',
      [keyOnly, { ...keyOnly, name: 'second', joins: { unit: keyOnly.name } }],
      `joins.unit: ${keyOnly.name} has no API`,
    ],
    [
      'a model of another service',
      [{ ...full, gateway: { ...full.gateway, modelArns: ['arn:aws:s3:::any'] } }],
      'gateway.modelArns.0: the ARN of a model in Bedrock',
    ],
    [
      'an endpoint that is none',
      [{ ...full, gateway: { ...full.gateway, endpointArns: ['arn:aws:sagemaker:::any'] } }],
      'gateway.endpointArns.0: the ARN of an endpoint or inference component in SageMaker',
    ],
    ['nothing', [null], 'unit 1: '],
  ])('refuses %s', (_, entries, message) => {
    expect(fault(...entries)).toContain(message);
  });
});

describe('a schedule', () => {
  it.each(['cron(20 * * * ? *)', 'cron(0/15 8-17 ? * MON-FRI *)', 'cron(0 0 1,15 * ? 2026)'])(
    'may be %s',
    (schedule) => {
      expect(cronFault(schedule)).toBeNull();
    },
  );

  it.each([
    'rate(1 hour)',
    'cron(20 * * *)',
    'cron(60 * * * ? *)',
    'cron(0 24 * * ? *)',
    'cron(0 0 32 * ? *)',
    'cron(0 0 * 13 ? *)',
    'cron(0 0 ? * MONDAY *)',
    'cron(0 0 ? * ? *)',
    'cron(0 0 * * * *)',
    'cron(0/0 * * * ? *)',
    'cron(a * * * ? *)',
  ])('may not be %s', (schedule) => {
    expect(cronFault(schedule)).not.toBeNull();
  });
});
