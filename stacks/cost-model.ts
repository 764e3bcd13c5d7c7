/**
 * What a unit costs to run, beside the models themselves. A model to plan by, not a bill: every
 * quantity is stated, so that who knows better can say so. USD, list prices of us-east-1.
 */
export interface Price {
  readonly usd: number;
  readonly per: string;
  readonly source: string;
  /** `page`: as printed there or where it is quoted word for word, in that month; `known`: not looked up. */
  readonly seen: 'page' | 'known';
}

const price = (
  usd: number,
  per: string,
  [source, seen, month = '2026-11']: readonly [string, Price['seen'], string?],
): Price => ({
  ...{ usd, per, seen },
  source: `aws.amazon.com/${source}/pricing, ${month}`,
});

/** The plan of the pool is Essentials. */
const COGNITO_ESSENTIALS = ['cognito', 'page', '2026-09'] as const;

/** AWS's list prices that the model uses. */
export const AWS_PRICES = {
  apiRequests: price(3.5, '1 M requests of a REST API', ['api-gateway', 'known']),
  lambdaRequests: price(0.2, '1 M Lambda requests', ['lambda', 'page']),
  lambdaGbSeconds: price(13.3334, '1 M GB-seconds on arm64', ['lambda', 'page']),
  tableWrites: price(0.625, '1 M write units on demand', ['dynamodb', 'page']),
  tableReads: price(0.125, '1 M read units on demand', ['dynamodb', 'page']),
  logIngestGb: price(0.5, 'GB of logs taken in', ['cloudwatch', 'known']),
  logStoreGbMonths: price(0.03, 'GB-month of logs', ['cloudwatch', 'known']),
  logScanGb: price(0.005, 'GB that Logs Insights scans', ['cloudwatch', 'known']),
  objectGbMonths: price(0.023, 'GB-month in S3', ['s3', 'known']),
  objectPuts: price(5, '1 M PUT requests to S3', ['s3', 'known']),
  transitions: price(25, '1 M state transitions', ['step-functions', 'known']),
  athenaTb: price(5, 'TB that Athena scans', ['athena', 'known']),
  firewallRequests: price(0.6, '1 M requests that the firewall looks at', ['waf', 'page']),
  firewallParts: price(1, 'rule of the firewall and month; a list counts as five', ['waf', 'page']),
  keyMonths: price(1, 'KMS key and month', ['kms', 'page']),
  signatures: price(15, '1 M signatures with an elliptic curve', ['kms', 'page']),
  secretMonths: price(0.4, 'secret and month', ['secrets-manager', 'known']),
  alarmMonths: price(0.1, 'alarm and month', ['cloudwatch', 'known']),
  metricMonths: price(0.3, 'metric of our own and month', ['cloudwatch', 'page']),
  dashboardMonths: price(3, 'dashboard and month', ['cloudwatch', 'known']),
  userMonths: price(0.015, 'user who signs in to the pool, and month', COGNITO_ESSENTIALS),
  federatedMonths: price(0.015, 'the same of a SAML or OIDC provider', ['cognito', 'known']),
  endpointHours: price(0.01, 'hour of an interface endpoint in one zone', ['privatelink', 'known']),
} as const satisfies Record<string, Price>;

/** So much of something at its price. */
export interface CostLine {
  readonly what: string;
  /** In the price's own unit. */
  readonly quantity: number;
  readonly price: keyof typeof AWS_PRICES;
}

/** How a call looks. */
export interface CallShape {
  /** Seconds that a function waits for the model. */
  readonly seconds: number;
  /** Days that usage lines stay in the log. */
  readonly logDays: number;
}

export const USUAL_CALL: CallShape = { seconds: 3, logDays: 90 };

const INVOKE_GB = 0.5;
const AUTHORIZER_GB_SECONDS = 0.5 * 0.01;
/** A usage line of up to 900 bytes, Lambda's own three lines, and what the log adds to each. */
const LINE_GB = 1.4e-6;
const ACCESS_GB = 0.5e-6;
/** Counted, read, looked for by the plan, and counted again every hour for two days. */
const SCANS = 51;
/** Metering a million lines takes about 40 s of a whole CPU, of 4 GB. */
const METERING_GB_SECONDS = 40 * 4;
/** Archive and tables, 13 months. */
const LAKE_GB_MONTHS = 0.2 * 13;

/** What a million calls cost, whatever the month holds besides. */
export function costPerMillionCalls({ seconds, logDays }: CallShape): readonly CostLine[] {
  const lines = 1e6;
  return [
    { what: 'API Gateway', quantity: 1, price: 'apiRequests' },
    { what: 'Firewall', quantity: 1, price: 'firewallRequests' },
    { what: 'Invoke and authorizer, starts', quantity: 2, price: 'lambdaRequests' },
    {
      what: `Invoke, waiting ${seconds} s with 512 MB`,
      ...{ quantity: seconds * INVOKE_GB, price: 'lambdaGbSeconds' },
    },
    { what: 'Authorizer', quantity: AUTHORIZER_GB_SECONDS, price: 'lambdaGbSeconds' },
    { what: 'Reserve (1 unit) and settle (2 units)', quantity: 3, price: 'tableWrites' },
    { what: 'Key looked up, reservations read twice', quantity: 1.7, price: 'tableReads' },
    { what: 'Usage lines', quantity: lines * LINE_GB, price: 'logIngestGb' },
    { what: 'Access log', quantity: lines * ACCESS_GB, price: 'logIngestGb' },
    {
      what: `Usage lines for ${logDays} days`,
      ...{ quantity: (lines * LINE_GB * logDays) / 30, price: 'logStoreGbMonths' },
    },
    { what: 'Questions to the log', quantity: lines * LINE_GB * SCANS, price: 'logScanGb' },
    { what: 'Metering functions', quantity: METERING_GB_SECONDS / 1e6, price: 'lambdaGbSeconds' },
    { what: 'Archive and tables for 13 months', quantity: LAKE_GB_MONTHS, price: 'objectGbMonths' },
  ];
}

/** Memory of the functions that answer admins and tenants, and how long they take. */
const SMALL_GB = 0.5;
const ADMIN_SECONDS = 0.05;
/** Until Athena has answered one question. */
const USAGE_SECONDS = 3;
/** Athena counts no question for less. */
const QUESTION_TB = 10 / 1e6;

/** What people cost beside calls of models, a thousand of each. */
export function costPerThousand(): readonly CostLine[] {
  const thousand = 1e3 / 1e6;
  return [
    { what: '`/admin`, `/me`: API Gateway', quantity: thousand, price: 'apiRequests' },
    { what: '… function and authorizer, starts', quantity: 2 * thousand, price: 'lambdaRequests' },
    {
      what: '… both, 50 ms each with 512 MB',
      ...{ quantity: 2 * thousand * SMALL_GB * ADMIN_SECONDS, price: 'lambdaGbSeconds' },
    },
    { what: '… document read, credential twice', quantity: 3 * thousand, price: 'tableReads' },
    { what: '… document and audit entry', quantity: 4 * thousand, price: 'tableWrites' },
    { what: '`/me/usage`: Athena', quantity: 1e3 * QUESTION_TB, price: 'athenaTb' },
    {
      what: `… waiting ${USAGE_SECONDS} s for it`,
      ...{ quantity: thousand * SMALL_GB * USAGE_SECONDS, price: 'lambdaGbSeconds' },
    },
    { what: 'Users of the pool, a month', quantity: 1e3, price: 'userMonths' },
    { what: 'Users from providers, a month', quantity: 1e3, price: 'federatedMonths' },
  ];
}

/** Which options of a unit cost by the month. */
export interface MonthlyOptions {
  readonly network: boolean;
  readonly firewall: boolean;
}

const HOURS = 730;
/** SageMaker's among them. */
const ENDPOINTS = 10;
const ZONES = 2;
/** A run of one window: 10 states around it, 25 in it. */
const TRANSITIONS = 35 / 1e6;
/** Three audits and a look into the quarantine, 10 MB at least each. */
const ATHENA_TB = (4 * 10) / 1e6;
const PUTS = 15 / 1e6;

/** What a month costs before anybody calls: a window is metered every hour. */
export function costPerMonth({ network, firewall }: MonthlyOptions): readonly CostLine[] {
  return [
    { what: 'Metering runs', quantity: HOURS * TRANSITIONS, price: 'transitions' },
    { what: 'Audits', quantity: HOURS * ATHENA_TB, price: 'athenaTb' },
    { what: 'Objects written', quantity: HOURS * PUTS, price: 'objectPuts' },
    { what: 'Signing key', quantity: 1, price: 'keyMonths' },
    { what: 'Manifests and checkpoints signed', quantity: (2 * HOURS) / 1e6, price: 'signatures' },
    { what: 'Pepper and MAC key', quantity: 2, price: 'secretMonths' },
    { what: 'Alarms', quantity: 12, price: 'alarmMonths' },
    { what: 'Figures of the metering', quantity: 7, price: 'metricMonths' },
    { what: 'Dashboard', quantity: 1, price: 'dashboardMonths' },
    { what: 'Firewall: list and 4 rules', quantity: firewall ? 9 : 0, price: 'firewallParts' },
    {
      what: 'Network: 10 endpoints in 2 zones',
      ...{ quantity: network ? HOURS * ENDPOINTS * ZONES : 0, price: 'endpointHours' },
    },
  ];
}

/** USD of a line. */
export function costOf({ quantity, price: name }: CostLine): number {
  return quantity * AWS_PRICES[name].usd;
}

/** The lines as a table of Markdown, with their sum, to so many places. */
export function costTable(lines: readonly CostLine[], places = 2): string {
  const usd = (value: number) => value.toFixed(places);
  const rows = lines.map((line) => {
    const { usd: unit, per } = AWS_PRICES[line.price];
    return `| ${line.what} | ${Number(line.quantity.toPrecision(3))} × ${unit} per ${per} | ${usd(costOf(line))} |`;
  });
  const sum = lines.reduce((total, line) => total + costOf(line), 0);
  return [
    '| What | How much | USD |',
    '| --- | --- | ---: |',
    ...rows,
    `| **Sum** | | **${usd(sum)}** |`,
  ].join('\n');
}

/** Every price with its source, as a table of Markdown. */
export function priceTable(): string {
  const rows = Object.values(AWS_PRICES).map(
    ({ usd, per, source, seen }) => `| ${per} | ${usd} | ${source} | ${seen} |`,
  );
  return ['| One | USD | Source | Seen |', '| --- | ---: | --- | --- |', ...rows].join('\n');
}
