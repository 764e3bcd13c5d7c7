import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { AnyFunctionName } from '../../runtime/settings.ts';

const CHECKOUT = join(__dirname, '..', '..');
const IMPORT = /^(?:import|export)\s+(?!type\b)[^;]*?from\s+'(\.[^']+)'/gm;
const SDK_IMPORT = /^import\s+\{([^}]*)\}\s+from\s+'@aws-sdk\/client-([a-z0-9-]+)'/gm;

/** Files of ours that a file imports for more than types, itself among them. */
function importGraph(entry: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  const text = readFileSync(entry, 'utf8');
  for (const [, path = ''] of text.matchAll(IMPORT)) {
    if (path.endsWith('.ts')) importGraph(join(dirname(entry), path), seen);
  }
  return seen;
}

/** Members of a transaction: IAM asks for each as if it were sent alone. */
const MEMBER = /\b(Put|Update|Delete|ConditionCheck): [{a-z]/g;

/** What an adapter that signs requests of its own says it sends. */
const SIGNED = /\boperation: '([a-z0-9-]+ [A-Za-z]+)'/g;

/** What is sent as plain REST is known by its path. */
const BY_PATH: Readonly<Record<string, string>> = {
  invocations: 'sagemaker-runtime InvokeEndpoint',
  'invocations-response-stream': 'sagemaker-runtime InvokeEndpointWithResponseStream',
};
const PATHS = new RegExp(`'(${Object.keys(BY_PATH).join('|')})'`, 'g');

/** SDK commands that a file sends, as `client Command`. */
function commandsIn(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const clients = new Map<string, string>();
  for (const [, names = '', client = ''] of text.matchAll(SDK_IMPORT)) {
    for (const name of names.split(',')) clients.set(name.trim(), client);
  }
  const sent = [...text.matchAll(/\bnew ([A-Za-z0-9]+)Command\(/g)].map(([, name = '']) => {
    const client = clients.get(`${name}Command`);
    if (client === undefined) throw new Error(`${path}: ${name}Command comes from nowhere`);
    return `${client} ${name}`;
  });
  const members = text.includes('TransactWriteItem') ? [...text.matchAll(MEMBER)] : [];
  const signed = [...text.matchAll(SIGNED)].map(([, operation = '']) => operation);
  const rest = [...text.matchAll(PATHS)].map(([, path = '']) => BY_PATH[path] ?? '');
  return [...sent, ...signed, ...rest, ...members.map(([, name = '']) => `dynamodb ${name}Item`)];
}

/** Everything a function can send, by what is behind its entry. */
export function commandsOf(name: AnyFunctionName): readonly string[] {
  const entry = join(CHECKOUT, 'runtime', 'aws', 'functions', `${name}.ts`);
  const files = [...importGraph(entry)].filter((path) =>
    relative(CHECKOUT, path).startsWith(join('runtime', 'aws')),
  );
  return [...new Set(files.flatMap(commandsIn))].sort();
}

const ATHENA_READS = [
  ...['glue:GetDatabase', 'glue:GetTable', 'glue:GetPartition', 'glue:GetPartitions'],
  ...['s3:GetObject', 's3:ListBucket', 's3:GetBucketLocation'],
  ...['s3:PutObject', 's3:AbortMultipartUpload'],
];

/**
 * IAM actions of each command: its own, and what the service does in the caller's name.
 * docs.aws.amazon.com/service-authorization, read 2026-11-21.
 */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'athena GetQueryExecution': ['athena:GetQueryExecution'],
  'athena GetQueryResults': ['athena:GetQueryResults'],
  'athena StartQueryExecution': ['athena:StartQueryExecution', ...ATHENA_READS],
  'athena StopQueryExecution': ['athena:StopQueryExecution'],
  'bedrock GetInferenceProfile': ['bedrock:GetInferenceProfile'],
  'bedrock-runtime Converse': ['bedrock:InvokeModel'],
  'bedrock-runtime ConverseStream': ['bedrock:InvokeModelWithResponseStream'],
  'bedrock-runtime CountTokens': ['bedrock:CountTokens'],
  'bedrock-runtime InvokeModel': ['bedrock:InvokeModel'],
  'bedrock-runtime InvokeModelWithResponseStream': ['bedrock:InvokeModelWithResponseStream'],
  'cloudwatch-logs GetQueryResults': ['logs:GetQueryResults'],
  'cloudwatch-logs StartQuery': ['logs:StartQuery'],
  'dynamodb GetItem': ['dynamodb:GetItem'],
  'dynamodb PutItem': ['dynamodb:PutItem'],
  'dynamodb Query': ['dynamodb:Query'],
  // Nothing of its own: its members, which are found beside it.
  'dynamodb TransactWriteItems': [],
  'dynamodb BatchGetItem': ['dynamodb:BatchGetItem'],
  'dynamodb UpdateItem': ['dynamodb:UpdateItem'],
  'glue CreatePartition': ['glue:CreatePartition'],
  'glue GetPartition': ['glue:GetPartition'],
  'glue DeletePartition': ['glue:DeletePartition'],
  'kms GetPublicKey': ['kms:GetPublicKey'],
  'kms Sign': ['kms:Sign'],
  'pricing GetProducts': ['pricing:GetProducts'],
  's3 GetObject': ['s3:GetObject'],
  's3 ListObjectsV2': ['s3:ListBucket'],
  's3 PutObject': ['s3:PutObject'],
  'sagemaker-runtime InvokeEndpoint': ['sagemaker:InvokeEndpoint'],
  'sagemaker-runtime InvokeEndpointWithResponseStream': [
    ...['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
  ],
  'secrets-manager GetSecretValue': ['secretsmanager:GetSecretValue'],
  'sns Publish': ['sns:Publish'],
};

/** IAM actions that the adapters behind a function can need. */
export function actionsUsed(name: AnyFunctionName): readonly string[] {
  const actions = commandsOf(name).flatMap((command) => {
    const known = ACTIONS[command];
    if (!known) throw new Error(`${name} sends ${command}: which IAM actions does it need?`);
    return known;
  });
  return [...new Set(actions)].sort();
}

/** What an adapter could do and its step never does: not granted. */
export const WITHHELD: Partial<Record<AnyFunctionName, readonly string[]>> = {
  'plan-windows': ['s3:PutObject'], // it reads the ledger
  'start-count': ['logs:GetQueryResults'], // it asks, and another step reads
  'start-query': ['logs:GetQueryResults'],
  'poll-count': ['logs:StartQuery'],
  'poll-query': ['logs:StartQuery'],
  'collect-slice': ['logs:StartQuery', 's3:ListBucket'],
  'match-reservations': ['dynamodb:PutItem', 's3:ListBucket'], // it settles what is there
  'accept-price-book': ['s3:ListBucket'],
  'fetch-offers': ['s3:ListBucket'],
  'build-price-book': ['s3:ListBucket'],
  'diff-price-books': ['s3:ListBucket'],
  'hold-price-book': ['s3:ListBucket'],
  'publish-window': ['s3:ListBucket', 's3:PutObject'], // it reads one result
  me: ['dynamodb:PutItem'], // it shows
};
