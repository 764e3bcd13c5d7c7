import type { Unit } from './unit.ts';

/**
 * The units of this deployment. Those here are the example: between them every option is on, so that
 * all of it is synthesized and checked. Put your own in their place.
 */
export const UNITS: readonly Unit[] = [
  {
    kind: 'full',
    name: 'example',
    tags: { CostCenter: 'example', Project: 'tollbook' },
    network: { cidr: '10.10.0.0/16' },
    gateway: {
      access: 'private',
      throttle: { requestsPerSecond: 1000, burst: 2000 },
      quota: { requests: 10_000_000, period: 'MONTH' },
      domain: null,
      firewall: { requestsPerAddress: 100_000 },
      models: ['anthropic.*', 'amazon.nova-*', 'meta.llama*', 'mistral.*', 'cohere.*'],
      modelArns: ['arn:aws:bedrock:eu-central-1:111122223333:imported-model/abcdef012345'],
      endpointArns: [
        'arn:aws:sagemaker:eu-central-1:111122223333:endpoint/house-llm',
        'arn:aws:sagemaker:eu-central-1:111122223333:inference-component/house-llm-tuned',
      ],
      identity: null,
      ownsLogRole: true,
    },
    metering: {
      schedule: 'cron(20 * * * ? *)',
      logDays: 90,
      lock: { mode: 'COMPLIANCE', days: 400 },
    },
    pricing: { schedule: 'cron(5 3 * * ? *)', regions: ['eu-central-1', 'eu-west-1', 'us-east-1'] },
    analytics: {
      scanLimitMb: 100_000,
      analysts: ['arn:aws:iam::111122223333:role/analysts'],
      tenantReaders: [
        {
          tenant: 't_00000000000000000000000001',
          roleArn: 'arn:aws:iam::111122223333:role/checkout-readers',
        },
      ],
      quickSight: {
        principalArn: 'arn:aws:quicksight:eu-central-1:111122223333:user/default/analyst',
      },
    },
    operations: { emails: ['metering@example.com'] },
  },
  {
    kind: 'full',
    name: 'example-open',
    tags: { CostCenter: 'example-open', Project: 'tollbook' },
    network: null,
    gateway: {
      access: 'public',
      throttle: { requestsPerSecond: 200, burst: 400 },
      quota: null,
      domain: {
        name: 'models.example.com',
        certificateArn:
          'arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-4000-8000-000000000000',
      },
      firewall: { requestsPerAddress: 10_000 },
      models: ['amazon.nova-*'],
      modelArns: [],
      endpointArns: ['arn:aws:sagemaker:eu-central-1:111122223333:endpoint/open-llm'],
      identity: {
        userPool: {
          domainPrefix: 'tollbook-example-open',
          callbackUrls: ['http://localhost:8765/signed-in'],
          federation: [
            {
              ...{ kind: 'saml', name: 'Staff', metadataUrl: 'https://saml.example.com/metadata' },
              ...{ tenantAttribute: 'tollbook_tenant', costCenterAttribute: 'cost_center' },
            },
            {
              ...{ kind: 'oidc', name: 'Partners', issuer: 'https://oidc.example.com' },
              ...{ tenantAttribute: 'tollbook_tenant', costCenterAttribute: null },
              clientId: 'tollbook',
              clientSecretArn:
                'arn:aws:secretsmanager:eu-central-1:111122223333:secret:oidc-client-AbCdEf',
            },
          ],
        },
        issuers: [
          {
            ...{ issuer: 'https://ci.example.com', audience: 'tollbook' },
            jwks: 'https://ci.example.com/.well-known/jwks.json',
            ...{ tenantClaim: 'tollbook_tenant', costCenterClaim: null },
          },
        ],
      },
      ownsLogRole: false,
    },
    metering: {
      schedule: 'cron(25 * * * ? *)',
      logDays: 30,
      lock: { mode: 'GOVERNANCE', days: 30 },
    },
    pricing: { schedule: 'cron(15 3 * * ? *)', regions: ['eu-central-1'] },
    analytics: { scanLimitMb: 1000, analysts: [], tenantReaders: [], quickSight: null },
    operations: { emails: [] },
  },
  {
    kind: 'key-only',
    name: 'example-team',
    tags: { CostCenter: 'example-team', Project: 'tollbook' },
    joins: { unit: 'example-open' },
    throttle: { requestsPerSecond: 50, burst: 100 },
    quota: { requests: 100_000, period: 'DAY' },
  },
  {
    kind: 'key-only',
    name: 'example-guest',
    tags: { CostCenter: 'example-guest', Project: 'tollbook' },
    joins: { apiId: 'a1b2c3d4e5', rootResourceId: 'f6g7h8i9j0', usagePlanKeyId: 'k1l2m3n4o5' },
    throttle: { requestsPerSecond: 10, burst: 20 },
    quota: null,
  },
];
