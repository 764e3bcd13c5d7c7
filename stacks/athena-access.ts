import { Aws } from 'aws-cdk-lib';
import type { Access } from './access.ts';
import type { UnitNames } from './names.ts';

/** Whose questions a work group takes, and where below the results' bucket their answers lie. */
export type WorkGroup = 'audit' | 'analysts';

/** Its name. */
export function workGroupOf(names: UnitNames, kind: WorkGroup): string {
  return kind === 'audit' ? names.auditWorkGroup : names.analystWorkGroup;
}

interface AthenaAccessProps {
  readonly workGroup: WorkGroup;
  /** Does Lake Formation hand out the files of the published tables? */
  readonly governed: boolean;
  /** @default the published one alone */
  readonly databases?: readonly string[];
}

const RESULTS = 'answers lie under names that Athena chooses';

/**
 * What asking Athena takes: the work group, the catalogue it looks tables up in, the files it reads
 * and the answers it writes, all in the name of who asks.
 */
export function athenaAccess(names: UnitNames, props: AthenaAccessProps): Access[] {
  const { workGroup, governed, databases = [names.database] } = props;
  const arn = (service: string, path: string) =>
    `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${path}`;
  const bucket = (name: string) => `arn:${Aws.PARTITION}:s3:::${name}`;
  const { lake, results } = names.buckets;
  return [
    {
      actions: [
        'athena:StartQueryExecution',
        'athena:GetQueryExecution',
        'athena:GetQueryResults',
        'athena:StopQueryExecution',
        ...(workGroup === 'analysts' ? ANALYST_ACTIONS : []),
      ],
      resources: [arn('athena', `workgroup/${workGroupOf(names, workGroup)}`)],
    },
    {
      actions: ['glue:GetDatabase', 'glue:GetTable', 'glue:GetPartition', 'glue:GetPartitions'],
      resources: [
        arn('glue', 'catalog'),
        ...databases.flatMap((name) => [
          arn('glue', `database/${name}`),
          arn('glue', `table/${name}/*`),
        ]),
      ],
      because: 'the tables of a database, views among them',
    },
    {
      actions: ['s3:GetObject'],
      resources: [`${bucket(lake)}/data/*`, `${bucket(lake)}/prices/tables/*`],
      because: 'the files of the tables, whichever a question needs',
    },
    {
      actions: ['s3:ListBucket', 's3:GetBucketLocation'],
      resources: [bucket(lake), bucket(results)],
    },
    {
      actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
      resources: [`${bucket(results)}/${workGroup}/*`],
      because: RESULTS,
    },
    ...(governed ? [GOVERNED] : []),
  ];
}

const ANALYST_ACTIONS = [
  'athena:GetWorkGroup',
  'athena:ListNamedQueries',
  'athena:GetNamedQuery',
  'athena:BatchGetNamedQuery',
];

/** IAM knows no resource for it: whose data it is, Lake Formation decides. */
const GOVERNED: Access = {
  actions: ['lakeformation:GetDataAccess'],
  resources: ['*'],
  because: 'IAM knows no resource for it: whose rows come back, Lake Formation decides',
};
