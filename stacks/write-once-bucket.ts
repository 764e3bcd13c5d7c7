import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectLockRetention,
} from 'aws-cdk-lib/aws-s3';
import type { BucketProps, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** For how long nobody can delete or overwrite a version. */
export interface Lock {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly days: number;
}

const CLOSED = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
} as const satisfies BucketProps;

interface BooksProps {
  readonly bucketName: string;
  readonly lock: Lock;
  readonly serverAccessLogsBucket: IBucket;
}

/** A bucket for what is evidence: written once, kept, and deleted by nobody. */
export function createBooksBucket(scope: Construct, id: string, props: BooksProps): Bucket {
  const { lock, ...rest } = props;
  const days = Duration.days(lock.days);
  const bucket = new Bucket(scope, id, {
    ...CLOSED,
    ...rest,
    serverAccessLogsPrefix: `${id.toLowerCase()}/`,
    versioned: true,
    objectLockEnabled: true,
    objectLockDefaultRetention:
      lock.mode === 'COMPLIANCE'
        ? ObjectLockRetention.compliance(days)
        : ObjectLockRetention.governance(days),
    lifecycleRules: [{ id: 'unfinished', abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
  createOnce(bucket);
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'NobodyDeletes',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'],
      resources: [bucket.arnForObjects('*')],
    }),
  );
  return bucket;
}

interface PassingProps {
  readonly bucketName: string;
  readonly days: number;
  readonly serverAccessLogsBucket: IBucket;
}

/** A bucket for what may be lost: a lifecycle rule clears it. */
export function createPassingBucket(scope: Construct, id: string, props: PassingProps): Bucket {
  const { days, ...rest } = props;
  return new Bucket(scope, id, {
    ...CLOSED,
    ...rest,
    serverAccessLogsPrefix: `${id.toLowerCase()}/`,
    lifecycleRules: [
      {
        id: 'cleared',
        expiration: Duration.days(days),
        abortIncompleteMultipartUploadAfter: Duration.days(1),
      },
    ],
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

/** Where S3 says who read and wrote the others. */
export function createAccessLogBucket(scope: Construct, id: string, bucketName: string): Bucket {
  return new Bucket(scope, id, {
    ...CLOSED,
    bucketName,
    lifecycleRules: [{ id: 'kept a year', expiration: Duration.days(400) }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

/**
 * A put without `If-None-Match: *` is refused, whoever asks: the second write of a key fails even for
 * code that forgot to say so. The parts of a multipart upload create no object and are let through.
 */
export function createOnce(bucket: Bucket): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'CreatedOnce',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects('*')],
      conditions: {
        Null: { 's3:if-none-match': 'true' },
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    }),
  );
}
