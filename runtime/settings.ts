import type { MeteringStep, PricingStep } from '../workflows/steps.ts';

/**
 * What a deployment tells its functions, and which function is told what. The stacks write these
 * environment variables and the functions read them: both from this one file.
 */

interface Setting {
  /** Name of the environment variable. */
  readonly variable: string;
  readonly form: RegExp;
  /** The form in words, for errors. */
  readonly expected: string;
}

const DATABASE = { form: /^[a-z0-9_]{1,255}$/, expected: 'a Glue database' };
const BUCKET = { form: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, expected: 'a bucket' };
const SECRET = { form: /^[\w/+=.@:-]{1,2048}$/, expected: 'the ARN of a secret' };

/** Every setting by its name in code. */
export const SETTINGS = {
  /** Tenants, keys, reservations, the current price book. */
  table: {
    ...{ variable: 'TOLLBOOK_TABLE', form: /^[A-Za-z0-9_.-]{3,255}$/ },
    expected: 'a DynamoDB table',
  },
  /** What is kept for ever: `inputs/`, `data/`, `prices/`, `manifests/`. */
  lakeBucket: { variable: 'TOLLBOOK_LAKE_BUCKET', ...BUCKET },
  /** Keys under `work/`, which a lifecycle rule clears: nothing in the lake's bucket ever dies. */
  workBucket: { variable: 'TOLLBOOK_WORK_BUCKET', ...BUCKET },
  /** Checkpoints: a bucket that the ledger's operator cannot rewrite. */
  checkpointBucket: { variable: 'TOLLBOOK_CHECKPOINT_BUCKET', ...BUCKET },
  /** Sealed tables, for analysts. */
  database: { variable: 'TOLLBOOK_DATABASE', ...DATABASE },
  /** Runs that are not sealed yet, for the audit alone. */
  candidateDatabase: { variable: 'TOLLBOOK_CANDIDATE_DATABASE', ...DATABASE },
  workGroup: {
    ...{ variable: 'TOLLBOOK_WORK_GROUP', form: /^[A-Za-z0-9._-]{1,128}$/ },
    expected: 'an Athena work group',
  },
  /** Where the invoke function's standard output goes: usage lines. */
  logGroup: {
    ...{ variable: 'TOLLBOOK_LOG_GROUP', form: /^[A-Za-z0-9_./#-]{1,512}$/ },
    expected: 'a log group',
  },
  topicArn: {
    ...{ variable: 'TOLLBOOK_TOPIC_ARN', form: /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]{1,256}$/ },
    expected: 'the ARN of an SNS topic',
  },
  /** Regions that models are called in: their prices are fetched. */
  regions: {
    ...{ variable: 'TOLLBOOK_REGIONS', form: /^[a-z]{2}(-[a-z]+)+-\d(,[a-z]{2}(-[a-z]+)+-\d)*$/ },
    expected: 'Regions, with commas between them',
  },
  /** Signs manifests and checkpoints. */
  signingKey: {
    ...{ variable: 'TOLLBOOK_SIGNING_KEY', form: /^[\w/:-]{1,2048}$/ },
    expected: 'id or ARN of a KMS key',
  },
  /** Makes and checks the MAC of usage lines: 32 to 64 characters that nobody can guess. */
  macKeySecret: { variable: 'TOLLBOOK_MAC_KEY_SECRET', ...SECRET },
  /** Under which keys' secrets are kept: 32 to 64 characters that nobody can guess. */
  pepperSecret: { variable: 'TOLLBOOK_PEPPER_SECRET', ...SECRET },
  ledger: {
    ...{ variable: 'TOLLBOOK_LEDGER', form: /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/ },
    expected: 'the name of a ledger',
  },
  /**
   * Value of the API Gateway key under which the unit's usage plan counts; empty for a unit without
   * a plan. It opens nothing: the key source is the authorizer, so no caller can present it.
   */
  usagePlanKey: {
    ...{ variable: 'TOLLBOOK_USAGE_PLAN_KEY', form: /^$|^[\x21-\x7e]{20,128}$/ },
    expected: 'nothing or 20 to 128 characters',
  },
  /** OIDC issuers whose tokens are believed beside API keys, as `IssuerSettings` has them. */
  issuers: {
    ...{ variable: 'TOLLBOOK_ISSUERS', form: /^\[[^]*\]$/ },
    expected: 'a JSON list of issuers',
  },
} as const satisfies Record<string, Setting>;

/** A setting by its name in code. */
export type SettingName = keyof typeof SETTINGS;

/** `PlanWindows` → `plan-windows`. */
type KebabCase<Text extends string> = Text extends `${infer Head}${infer Rest}`
  ? Rest extends Uncapitalize<Rest>
    ? `${Lowercase<Head>}${KebabCase<Rest>}`
    : `${Lowercase<Head>}-${KebabCase<Rest>}`
  : Text;

/** Name of the function that runs a step: its file in `runtime/aws/functions/`. */
export type StepFunctionName = KebabCase<MeteringStep>;

/** What answers, and what stands in front of it. */
export type GatewayFunctionName = 'invoke' | 'me' | 'admin' | 'authorizer' | 'operator-authorizer';

/** Every function and all it is told. A function gets these variables and no others. */
export const FUNCTION_SETTINGS = {
  'plan-windows': ['table', 'lakeBucket', 'logGroup'],
  'sweep-reservations': ['table'],
  'start-count': ['logGroup'],
  'poll-count': ['logGroup'],
  'plan-slices': [],
  'start-query': ['logGroup'],
  'poll-query': ['logGroup'],
  'collect-slice': ['logGroup', 'lakeBucket', 'workBucket'],
  'rate-window': ['lakeBucket', 'workBucket', 'table', 'database', 'workGroup', 'macKeySecret'],
  'match-reservations': ['lakeBucket', 'workBucket', 'table', 'macKeySecret'],
  'audit-window': ['lakeBucket', 'workBucket', 'database', 'candidateDatabase', 'workGroup'],
  'seal-window': ['lakeBucket', 'workBucket', 'signingKey', 'ledger'],
  'publish-window': ['lakeBucket', 'workBucket', 'database'],
  'sweep-late': ['lakeBucket', 'workBucket', 'logGroup', 'database', 'workGroup'],
  summarise: ['lakeBucket', 'checkpointBucket', 'signingKey', 'topicArn'],
  invoke: ['table', 'lakeBucket', 'macKeySecret', 'topicArn'],
  authorizer: ['table', 'pepperSecret', 'usagePlanKey', 'issuers'],
  me: ['table', 'lakeBucket', 'database', 'workGroup'],
  admin: ['table', 'pepperSecret'],
  'operator-authorizer': ['table', 'pepperSecret'],
} as const satisfies Record<StepFunctionName | GatewayFunctionName, readonly SettingName[]>;

/** A function: its file in `runtime/aws/functions/`, without `.ts`. */
export type FunctionName = keyof typeof FUNCTION_SETTINGS;

/** Functions of the pricing workflow, which has a schedule and a role of its own. */
export const PRICING_FUNCTION_SETTINGS = {
  'accept-price-book': ['table', 'lakeBucket'],
  'fetch-offers': ['lakeBucket', 'regions'],
  'build-price-book': ['table', 'lakeBucket'],
  'diff-price-books': ['lakeBucket'],
  'hold-price-book': ['lakeBucket', 'topicArn'],
  'publish-price-book': ['table'],
} as const satisfies Record<KebabCase<PricingStep>, readonly SettingName[]>;

const ALL_SETTINGS = { ...FUNCTION_SETTINGS, ...PRICING_FUNCTION_SETTINGS };

/** A function of any workflow, or of the gateway. */
export type AnyFunctionName = keyof typeof ALL_SETTINGS;

/** The settings of one function, by their names in code. */
export type FunctionSettings<Name extends AnyFunctionName> = Readonly<
  Record<(typeof ALL_SETTINGS)[Name][number], string>
>;

/** Name of the function that runs a step. */
export function stepFunctionName(step: MeteringStep): StepFunctionName {
  return step.replace(/(?<=.)(?=[A-Z])/g, '-').toLowerCase() as StepFunctionName;
}

/** A setting that is missing or cannot be what it says: the deployment is broken, not the request. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Reads the settings of a function.
 *
 * @param env - the environment, as in `process.env`.
 * @throws SettingsError naming every variable that is wrong, and showing the value of none.
 */
export function readSettings<Name extends AnyFunctionName>(
  name: Name,
  env: Readonly<Record<string, string | undefined>>,
): FunctionSettings<Name> {
  const wanted: readonly SettingName[] = ALL_SETTINGS[name];
  const faults = wanted.flatMap((setting) => {
    const { variable, form, expected } = SETTINGS[setting];
    const value = env[variable];
    if (value !== undefined && form.test(value)) return [];
    const got = value === undefined ? 'nothing' : 'something else';
    return [`${variable}: got ${got}, expected ${expected}`];
  });
  if (faults.length > 0) throw new SettingsError(`settings of ${name}: ${faults.join('; ')}`);
  const read = wanted.map((setting) => [setting, env[SETTINGS[setting].variable]]);
  return Object.fromEntries(read) as FunctionSettings<Name>;
}

/** The Region a function runs in, which Lambda itself says. @throws SettingsError */
export function readRegion(env: Readonly<Record<string, string | undefined>>): string {
  const region = env['AWS_REGION'];
  if (region !== undefined && /^[a-z0-9-]{4,32}$/.test(region)) return region;
  throw new SettingsError('AWS_REGION: expected a Region');
}

/** The environment of a function, for who deploys it: variable → value. */
export function functionEnvironment<Name extends AnyFunctionName>(
  name: Name,
  settings: FunctionSettings<Name>,
): Record<string, string> {
  const wanted: readonly SettingName[] = ALL_SETTINGS[name];
  const values: Readonly<Record<string, string>> = settings;
  return Object.fromEntries(
    wanted.map((setting) => [SETTINGS[setting].variable, values[setting] ?? '']),
  );
}
