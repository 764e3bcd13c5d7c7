import { Aws } from 'aws-cdk-lib';
import type { Access } from './access.ts';
import type { UnitNames } from './names.ts';

/** Who asks together, and where their answers lie, apart from everybody else's. */
export interface WorkGroup {
  readonly name: string;
  /** Below the results' bucket. */
  readonly folder: string;
}

/** The work groups of a unit. */
export function workGroupsOf(names: UnitNames) {
  return {
    audit: { name: names.auditWorkGroup, folder: 'audit' },
    analysts: { name: names.analystWorkGroup, folder: 'analysts' },
    /** A tenant's own: whoever shared one could read the answers of others. */
    tenant: (tenant: string): WorkGroup => ({ name: `${names.prefix}-${tenant}`, folder: tenant }),
  };
}

/** Who asks, and how. */
export interface AthenaAccessProps {
  readonly workGroup: WorkGroup;
  /** Does Lake Formation hand out the files of the published tables? */
  readonly governed: boolean;
  /** May S3 be asked for the files themselves, past Lake Formation? */
  readonly files: boolean;
  /** Does a person ask, who looks around? */
  readonly person: boolean;
  /** @default the published one alone */
  readonly databases?: readonly string[];
}

const RESULTS = 'answers lie under names that Athena chooses';

/**
 * What asking Athena takes: the work group, the catalogue it looks tables up in, the files it reads
 * and the answers it writes, all in the name of who asks.
 */
export function athenaAccess(names: UnitNames, props: AthenaAccessProps): Access[] {
  const { workGroup, governed, files, person, databases = [names.database] } = props;
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
        ...(person ? PERSON_ACTIONS : []),
      ],
      resources: [arn('athena', `workgroup/${workGroup.name}`)],
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
    ...(files ? tableFiles(bucket(lake)) : []),
    { actions: ['s3:ListBucket', 's3:GetBucketLocation'], resources: [bucket(results)] },
    {
      actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
      resources: [`${bucket(results)}/${workGroup.folder}/*`],
      because: RESULTS,
    },
    ...(governed ? [GOVERNED] : []),
  ];
}

function tableFiles(lakeArn: string): Access[] {
  return [
    {
      actions: ['s3:GetObject'],
      resources: [`${lakeArn}/data/*`, `${lakeArn}/prices/tables/*`],
      because: 'the files of the tables, whichever a question needs',
    },
    { actions: ['s3:ListBucket', 's3:GetBucketLocation'], resources: [lakeArn] },
  ];
}

const PERSON_ACTIONS = [
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
