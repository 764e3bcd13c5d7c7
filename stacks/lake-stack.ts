import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledgeWildcards, statementOf } from './access.ts';
import type { Access } from './access.ts';
import type { UnitNames } from './names.ts';
import { createAccessLogBucket, createBooksBucket, createOnce } from './write-once-bucket.ts';
import { createPassingBucket } from './write-once-bucket.ts';
import type { Lock } from './write-once-bucket.ts';

interface LakeProps extends StackProps {
  readonly names: UnitNames;
  readonly lock: Lock;
  readonly logDays: number;
}

/** Objects under `work/` are needed for hours; a week leaves time to look at what went wrong. */
const WORK_DAYS = 7;
const RESULT_DAYS = 7;

/** The books: everything that must outlive every other stack. */
export class LakeStack extends Stack {
  readonly lake: Bucket;
  readonly work: Bucket;
  readonly checkpoints: Bucket;
  readonly results: Bucket;
  readonly signingKey: Key;
  readonly usageLog: LogGroup;

  constructor(scope: Construct, id: string, { names, lock, logDays, ...props }: LakeProps) {
    super(scope, id, props);

    const { buckets } = names;
    // CDK's classes and interfaces differ in what may be undefined: hence the casts here and there.
    const serverAccessLogsBucket = createAccessLogBucket(this, 'Access', buckets.access) as IBucket;
    const logged = { serverAccessLogsBucket };
    this.lake = createBooksBucket(this, 'Lake', { bucketName: buckets.lake, lock, ...logged });
    this.checkpoints = createBooksBucket(this, 'Checkpoints', {
      ...{ bucketName: buckets.checkpoints, ...logged },
      // Where the books themselves are at a manager's mercy, what they once were is not.
      lock: { mode: 'COMPLIANCE', days: lock.days },
    });
    this.work = createPassingBucket(this, 'Work', {
      ...{ bucketName: buckets.work, days: WORK_DAYS, ...logged },
    });
    createOnce(this.work);
    this.results = createPassingBucket(this, 'Results', {
      ...{ bucketName: buckets.results, days: RESULT_DAYS, ...logged },
    });
    this.signingKey = new Key(this, 'SigningKey', {
      description: `${names.prefix}: signs manifests and checkpoints`,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.usageLog = new LogGroup(this, 'UsageLog', {
      logGroupName: names.usageLog,
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- days of the configuration are days of the enum
      retention: logDays as RetentionDays,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.addAuditor(names);
  }

  /** What an auditor needs, and nothing that changes anything. */
  private addAuditor(names: UnitNames): void {
    const because = 'every object of the books: an audit leaves none out';
    const access: Access[] = [
      {
        actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectRetention'],
        resources: [this.lake, this.checkpoints].map(({ bucketArn }) => `${bucketArn}/*`),
        because,
      },
      {
        actions: ['s3:ListBucket', 's3:ListBucketVersions', 's3:GetBucketObjectLockConfiguration'],
        resources: [this.lake.bucketArn, this.checkpoints.bucketArn],
      },
      { actions: ['kms:GetPublicKey', 'kms:Verify'], resources: [this.signingKey.keyArn] },
    ];
    const auditor = new ManagedPolicy(this, 'Auditor', {
      managedPolicyName: `${names.prefix}-auditor`,
      description: 'Reads the books and checks their signatures',
      statements: access.map(statementOf),
    });
    acknowledgeWildcards(auditor, access);
    const outputs = {
      AuditorLedger: names.ledger,
      AuditorLake: this.lake.bucketName,
      AuditorCheckpoints: this.checkpoints.bucketName,
      AuditorSigningKey: this.signingKey.keyArn,
      AuditorPolicy: auditor.managedPolicyArn,
      AdminUsageLog: names.usageLog,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
