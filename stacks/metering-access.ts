import { Aws } from 'aws-cdk-lib';
import type { StepFunctionName } from '../runtime/settings.ts';
import type { Access } from './access.ts';
import { athenaAccess, workGroupsOf } from './athena-access.ts';
import type { UnitNames } from './names.ts';

interface MeteringAccessProps {
  readonly names: UnitNames;
  readonly governed: boolean;
  readonly tableArn: string;
  readonly usageLogArn: string;
  readonly macKeyArn: string;
  readonly signingKeyArn: string;
  readonly topicArn: string;
}

type Actions = readonly [string, ...string[]];

/**
 * What each step may do: whoever writes data cannot sign, whoever signs writes nothing but signed
 * files, and nobody deletes an object or an item. A test compares this with what the adapters call.
 */
export function meteringAccess(props: MeteringAccessProps): Record<StepFunctionName, Access[]> {
  const { names, governed } = props;
  const [lake, work] = [bucketAccess(names.buckets.lake), bucketAccess(names.buckets.work)];
  const checkpoints = bucketAccess(names.buckets.checkpoints);
  const table = (...actions: Actions): Access => ({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [props.tableArn],
  });
  const ask = logAccess(props.usageLogArn, 'logs:StartQuery');
  const read = logAccess(null, 'logs:GetQueryResults');
  const macKey = { actions: ['secretsmanager:GetSecretValue'], resources: [props.macKeyArn] };
  const sign = { actions: ['kms:Sign', 'kms:GetPublicKey'], resources: [props.signingKeyArn] };
  const { published, audited } = auditorAccess(names, governed);
  return {
    'plan-windows': [
      ...[table('GetItem', 'Query'), ask, read],
      ...[lake.read('manifests/'), lake.list('manifests/', 'inputs/')],
    ],
    'sweep-reservations': [table('Query', 'UpdateItem')],
    'start-count': [ask],
    'poll-count': [read],
    'plan-slices': [],
    'start-query': [ask],
    'poll-query': [read],
    'collect-slice': [read, work.create('work/')],
    'rate-window': [
      ...[table('GetItem', 'Query'), macKey, work.create('work/')],
      ...[lake.read('manifests/', 'prices/'), lake.list('manifests/')],
      ...[lake.create('inputs/', 'data/'), ...published],
    ],
    'match-reservations': [table('GetItem', 'Query', 'UpdateItem'), macKey, work.create('work/')],
    'audit-window': [
      ...[work.create('work/'), ...audited],
      // A partition of the candidates is a name for files, not the files: it goes when the audit ends.
      catalogAccess(
        names.candidateDatabase,
        ...(['glue:CreatePartition', 'glue:GetPartition', 'glue:DeletePartition'] as const),
      ),
    ],
    'seal-window': [
      ...[sign, work.read('work/'), lake.read('inputs/', 'data/', 'prices/')],
      ...[lake.create('manifests/'), lake.list('manifests/')],
    ],
    'publish-window': [
      work.read('work/'),
      catalogAccess(names.database, 'glue:CreatePartition', 'glue:GetPartition'),
    ],
    'sweep-late': [
      ...[ask, read, work.create('work/seen/'), work.list('work/seen/')],
      ...[lake.read('manifests/'), lake.list('manifests/', 'inputs/')],
      ...[lake.create('inputs/'), ...published],
    ],
    summarise: [
      ...[sign, lake.read('manifests/'), lake.list('manifests/')],
      ...[checkpoints.create(''), checkpoints.list('')],
      { actions: ['sns:Publish'], resources: [props.topicArn] },
    ],
  };
}

/** Asking Athena as the audit does: about what is published, and about candidates too. */
function auditorAccess(names: UnitNames, governed: boolean) {
  const workGroup = workGroupsOf(names).audit;
  const asked = { workGroup, governed, files: true, person: false } as const;
  const databases = [names.database, names.candidateDatabase];
  return {
    published: athenaAccess(names, asked),
    audited: athenaAccess(names, { ...asked, databases }),
  };
}

/** Objects below prefixes of one bucket. */
export function bucketAccess(bucket: string) {
  const arn = `arn:${Aws.PARTITION}:s3:::${bucket}`;
  const below = (prefixes: Actions) => prefixes.map((prefix) => `${arn}/${prefix}*`);
  const because = 'objects are named by window and content: only their folder is known before';
  return {
    read: (...prefixes: Actions): Access => ({
      ...{ actions: ['s3:GetObject'], resources: below(prefixes), because },
    }),
    /** Creates, and reads what is there already: equal bytes are a no-op. */
    create: (...prefixes: Actions): Access => ({
      ...{ actions: ['s3:GetObject', 's3:PutObject'], resources: below(prefixes), because },
    }),
    list: (...prefixes: Actions): Access => ({
      ...{ actions: ['s3:ListBucket'], resources: [arn] },
      conditions: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
    }),
  };
}

/** A question to the log: asked of one log group, but its answer is nobody's resource to IAM. */
function logAccess(logGroupArn: string | null, action: string): Access {
  if (logGroupArn !== null) return { actions: [action], resources: [logGroupArn] };
  const because = 'IAM knows no resource for an answer: its id is only known to who asked';
  return { actions: [action], resources: ['*'], because };
}

/** Partitions of the tables of one database. */
function catalogAccess(database: string, ...actions: Actions): Access {
  const arn = `arn:${Aws.PARTITION}:glue:${Aws.REGION}:${Aws.ACCOUNT_ID}`;
  return {
    actions,
    resources: [`${arn}:catalog`, `${arn}:database/${database}`, `${arn}:table/${database}/*`],
    because: 'the tables of one database',
  };
}
