import * as z from 'zod/mini';
import { cronFault } from './schedule.ts';

/**
 * What an organisational unit can say about its deployment. `docs/deploy.md` says what each field does
 * and what it was called in the ancestor's configs.json.
 */

const name = z
  .string()
  .check(z.regex(/^[a-z][a-z0-9-]{1,16}[a-z0-9]$/, '3 to 18 of a-z, 0-9 and -, a letter first'));
const arn = z.string().check(z.regex(/^arn:[\w-]+:[\w-]+:[\w-]*:\d*:\S+$/, 'an ARN'));
const MODEL_ARN =
  /^arn:[\w-]+:bedrock:[a-z0-9-]+:\d{12}:(imported-model|custom-model-deployment|provisioned-model)\/[\w-]+$/;
const ENDPOINT_ARN =
  /^arn:[\w-]+:sagemaker:[a-z0-9-]+:\d{12}:(endpoint|inference-component)\/[a-z0-9-]+$/;
const count = z.int().check(z.positive());

const throttle = z.strictObject({
  /** Steady calls per second of the unit; API Gateway keeps to it as well as it can. */
  requestsPerSecond: count,
  burst: count,
});

const quota = z.strictObject({ requests: count, period: z.enum(['DAY', 'WEEK', 'MONTH']) });

const attributes = {
  /** What the provider calls the attribute with a user's tenant, `t_…`: its admins set it, no user can. */
  tenantAttribute: z.string().check(z.minLength(1)),
  costCenterAttribute: z.nullable(z.string().check(z.minLength(1))),
};
const providerName = z
  .string()
  .check(z.regex(/^[A-Za-z][A-Za-z0-9-]{2,31}$/, '3 to 32 of A-Za-z0-9-'));

const federation = z.discriminatedUnion('kind', [
  z.strictObject({
    ...{ kind: z.literal('saml'), name: providerName, metadataUrl: z.url(), ...attributes },
  }),
  z.strictObject({
    ...{ kind: z.literal('oidc'), name: providerName, issuer: z.url(), ...attributes },
    ...{ clientId: z.string().check(z.minLength(1)), clientSecretArn: arn },
  }),
]);

const userPool = z.strictObject({
  /** Of the sign-in page: `https://<prefix>.auth.<Region>.amazoncognito.com`. */
  domainPrefix: z.string().check(z.regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)),
  /** Where a sign-in may return to. */
  callbackUrls: z.array(z.url()).check(z.minLength(1)),
  /** Providers that users come from; none: an admin makes users in the pool. */
  federation: z.array(federation),
});

const identity = z.strictObject({
  /** A user pool of the unit's own. */
  userPool: z.nullable(userPool),
  /** Other OIDC issuers whose tokens name a tenant. */
  issuers: z.array(
    z.strictObject({
      ...{ issuer: z.url(), audience: z.string().check(z.minLength(1)), jwks: z.url() },
      ...{ tenantClaim: z.string().check(z.minLength(1)) },
      costCenterClaim: z.nullable(z.string().check(z.minLength(1))),
    }),
  ),
});

const gateway = z.strictObject({
  /** `private`: reachable from the unit's VPC only, which it then must have. */
  access: z.enum(['public', 'private']),
  throttle,
  quota: z.nullable(quota),
  /** A public API's own name; the certificate lies in the unit's Region. */
  domain: z.nullable(
    z.strictObject({ name: z.string().check(z.regex(/^[a-z0-9.-]+$/)), certificateArn: arn }),
  ),
  /** Most requests of one address in five minutes before the firewall stops it; null: no firewall. */
  firewall: z.nullable(z.strictObject({ requestsPerAddress: z.int().check(z.gte(100)) })),
  /** Foundation models that the gateway may call, `*` at the end allowed. */
  models: z.array(z.string().check(z.regex(/^[a-z0-9.:-]+\*?$/))).check(z.minLength(1)),
  /** Registered models of the unit's own, by ARN: imported, custom, provisioned. */
  modelArns: z.array(z.string().check(z.regex(MODEL_ARN, 'the ARN of a model in Bedrock'))),
  /**
   * SageMaker endpoints, and inference components on them, that admins may register as models: by ARN, as
   * SageMaker shows it.
   */
  endpointArns: z.array(
    z
      .string()
      .check(z.regex(ENDPOINT_ARN, 'the ARN of an endpoint or inference component in SageMaker')),
  ),
  /** Whose tokens are believed beside API keys; null: nobody's. */
  identity: z.nullable(identity),
  /**
   * Does this unit own the account's one role by which API Gateway writes logs? Exactly one unit of
   * an account and Region does.
   */
  ownsLogRole: z.boolean(),
});

const metering = z.strictObject({
  /** When the metering starts, UTC: six fields as EventBridge Scheduler has them. */
  schedule: z.string().check(z.refine((text) => cronFault(text) === null, 'cron(six fields)')),
  /** How long usage lines stay in the log; sealed windows keep their own copy for ever. */
  logDays: z.literal([7, 14, 30, 60, 90, 180, 365, 400]),
  /** For how long nobody can delete what was written. `COMPLIANCE` binds the account's root too. */
  lock: z.strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), days: count }),
});

const pricing = z.strictObject({
  /** When AWS's price list is read, UTC: six fields as EventBridge Scheduler has them. */
  schedule: z.string().check(z.refine((text) => cronFault(text) === null, 'cron(six fields)')),
  /** Regions in which models are called: their prices go into the book. */
  regions: z.array(z.string().check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d$/))).check(z.minLength(1)),
});

const tenantReader = z.strictObject({
  tenant: z.string().check(z.regex(/^t_[0-9a-z]{26}$/, 't_ and 26 of 0-9a-z')),
  /** The IAM role that sees this tenant's rows and no others. */
  roleArn: arn,
});

const analytics = z.strictObject({
  /** A question that would read more is stopped. */
  scanLimitMb: z.int().check(z.gte(10)),
  /** Roles that see all rows. They also need the managed policy of the outputs. */
  analysts: z.array(arn),
  /** With one or more, Lake Formation decides who reads the published tables. */
  tenantReaders: z.array(tenantReader),
  /** A QuickSight user or group that owns data source, data sets and dashboard; null: none. */
  quickSight: z.nullable(z.strictObject({ principalArn: arn })),
});

const fullUnit = z.strictObject({
  kind: z.literal('full'),
  name,
  /** Name → value of tags on every resource. */
  tags: z.record(z.string(), z.string()),
  /** A VPC of its own, without a way to the internet; null: the functions run outside any. */
  network: z.nullable(z.strictObject({ cidr: z.cidrv4() })),
  gateway,
  metering,
  pricing,
  analytics,
  /** Where alarms go. */
  operations: z.strictObject({ emails: z.array(z.email()) }),
});

const keyOnlyUnit = z.strictObject({
  kind: z.literal('key-only'),
  name,
  tags: z.record(z.string(), z.string()),
  /** An API that is there: of a full unit in this account and Region, or by its ids. */
  joins: z.union([
    z.strictObject({ unit: name }),
    z.strictObject({
      apiId: z.string().check(z.regex(/^[a-z0-9]{10}$/, 'ten of a-z and 0-9')),
      rootResourceId: z.string().check(z.regex(/^[a-z0-9]{10}$/, 'ten of a-z and 0-9')),
      usagePlanKeyId: z.string().check(z.regex(/^[a-z0-9]{10}$/, 'ten of a-z and 0-9')),
    }),
  ]),
  throttle,
  quota: z.nullable(quota),
});

export type UserPoolConfig = z.infer<typeof userPool>;
export type IdentityConfig = z.infer<typeof identity>;
export type FullUnit = z.infer<typeof fullUnit>;
export type KeyOnlyUnit = z.infer<typeof keyOnlyUnit>;
export type Unit = FullUnit | KeyOnlyUnit;

/** An entry that cannot be deployed as it stands. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the entries. @throws ConfigError naming the unit, the field, and what was expected. */
export function parseUnits(entries: readonly unknown[]): readonly Unit[] {
  const units = entries.map(parseUnit);
  const names = new Set<string>();
  for (const unit of units) {
    if (names.has(unit.name)) throw new ConfigError(`unit ${unit.name}: got two, expected one`);
    names.add(unit.name);
  }
  for (const unit of units) if (unit.kind === 'key-only') checkParent(unit, units);
  const owners = units.filter((unit) => unit.kind === 'full' && unit.gateway.ownsLogRole);
  if (owners.length > 1) {
    const who = owners.map((unit) => unit.name).join(', ');
    throw new ConfigError(`gateway.ownsLogRole: got ${who}, expected one unit at most`);
  }
  return units;
}

function parseUnit(entry: unknown, index: number): Unit {
  const kind = (entry as { kind?: unknown } | null)?.kind;
  const parsed = (kind === 'key-only' ? keyOnlyUnit : fullUnit).safeParse(entry);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new ConfigError(`unit ${index + 1}: ${faults.join('; ')}`);
  }
  const unit = parsed.data;
  if (unit.kind === 'full') checkFull(unit);
  return unit;
}

function checkFull({ name: unit, network, gateway: way, analytics: asked }: FullUnit): void {
  const { access, domain } = way;
  if (access === 'private' && !network) {
    throw new ConfigError(`unit ${unit}: gateway.access: got private, expected a network for it`);
  }
  if (access === 'private' && domain) {
    throw new ConfigError(`unit ${unit}: gateway.domain: a private API answers to its own name`);
  }
  const tenants = asked.tenantReaders.map(({ tenant }) => tenant);
  const twice = tenants.find((tenant, at) => tenants.indexOf(tenant) < at);
  if (twice !== undefined) {
    throw new ConfigError(
      `unit ${unit}: analytics.tenantReaders: got two of ${twice}, expected one`,
    );
  }
}

function checkParent({ name: unit, joins }: KeyOnlyUnit, units: readonly Unit[]): void {
  if (!('unit' in joins)) return;
  const parent = units.find((other) => other.name === joins.unit);
  // It may also be deployed from another checkout; what is here must be one with an API.
  if (parent?.kind === 'key-only') {
    throw new ConfigError(`unit ${unit}: joins.unit: ${joins.unit} has no API of its own`);
  }
}
