import { createHash } from 'node:crypto';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { AthenaClient } from '@aws-sdk/client-athena';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { formatInstant } from '../../../domain/instant.ts';
import type { Clock } from '../../../handlers/ports.ts';
import { createAthenaEngine } from '../lake/athena-engine.ts';
import { CheckFailed, expectEqual } from './check.ts';
import type { Check } from './check.ts';
import type { Deployment } from './deployment.ts';

interface AccountChecksProps {
  readonly deployment: Deployment;
  readonly clock: Clock;
  /** Id of the key under which the gateway was called. */
  readonly keyId: () => Promise<string>;
  /** Lines before this instant are of an earlier run. UTC ms. */
  readonly sinceMs: number;
}

const LINE_PATIENCE_MS = 120_000;
const RUN_PATIENCE_MS = 1_800_000;

/** What the services do behind it: the log keeps a line as it was, S3 refuses, the machine runs. */
export function accountChecks(props: AccountChecksProps): readonly Check[] {
  const { deployment, clock } = props;
  return [
    {
      name: 'the usage line stands in the log as it was written',
      run: () => usageLine(props),
    },
    {
      name: 'S3 refuses a put that does not say If-None-Match',
      run: () => refusedPut(deployment.lake, `work/smoke/${clock.now()}`),
    },
    { name: 'the signing key is one that the verifier knows', run: () => signingKey(deployment) },
    { name: 'a metering run ends well', run: () => meteringRun(deployment, clock) },
    { name: 'Athena reads tables and views', run: () => analystQuestion(deployment, clock) },
  ];
}

/** Nothing around the line, nothing added to it: its MAC is over its own bytes. */
async function usageLine({ deployment, clock, keyId, sinceMs }: AccountChecksProps) {
  const client = new CloudWatchLogsClient();
  const filterPattern = `{ $.tollbook = "usage/1" && $.key = "${await keyId()}" }`;
  const request = { logGroupName: deployment.usageLog, startTime: sinceMs, filterPattern };
  for (const giveUpMs = clock.now() + LINE_PATIENCE_MS; clock.now() < giveUpMs;) {
    const { events = [] } = await client.send(new FilterLogEventsCommand(request));
    const text = events[0]?.message;
    if (text === undefined) {
      await clock.sleep(5000);
      continue;
    }
    if (!/^\{"tollbook":"usage\/1",.*,"mac":"[\w-]{43}"\}\n?$/.test(text)) {
      throw new CheckFailed(`line: got ${text}, expected it as the function wrote it`);
    }
    return `${text.length} characters, sha256 ${createHash('sha256').update(text).digest('hex')}`;
  }
  throw new CheckFailed('line: got none within two minutes');
}

async function refusedPut(Bucket: string, Key: string): Promise<string> {
  const Body = new TextEncoder().encode('smoke\n');
  try {
    await new S3Client().send(new PutObjectCommand({ Bucket, Key, Body }));
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    expectEqual('error', error.name, 'AccessDenied');
    return error.name;
  }
  throw new CheckFailed(`object ${Key}: it was written, expected AccessDenied`);
}

async function signingKey({ signingKey: KeyId }: Deployment): Promise<string> {
  const { KeySpec, KeyUsage } = await new KMSClient().send(new GetPublicKeyCommand({ KeyId }));
  expectEqual('key', `${KeySpec} ${KeyUsage}`, 'ECC_NIST_P256 SIGN_VERIFY');
  return `${KeySpec} ${KeyUsage}`;
}

async function meteringRun({ stateMachine }: Deployment, clock: Clock): Promise<string> {
  const client = new SFNClient();
  const { executionArn } = await client.send(
    new StartExecutionCommand({ stateMachineArn: stateMachine, input: '{}' }),
  );
  for (const giveUpMs = clock.now() + RUN_PATIENCE_MS; clock.now() < giveUpMs;) {
    const { status, error, cause, output } = await client.send(
      new DescribeExecutionCommand({ executionArn }),
    );
    if (status === 'SUCCEEDED') return output ?? 'no output';
    if (status !== 'RUNNING') {
      throw new CheckFailed(`run ${executionArn}: ${status} ${error ?? ''} ${cause ?? ''}`);
    }
    await clock.sleep(5000);
  }
  throw new CheckFailed(`run ${executionArn}: still running after half an hour`);
}

async function analystQuestion({ workGroup, database }: Deployment, clock: Clock): Promise<string> {
  const sql = createAthenaEngine({ client: new AthenaClient(), workGroup, database, clock });
  const [total] = await sql.rows('SELECT count(*) AS calls, sum(cost) AS usd FROM usage', {});
  const days = await sql.rows('SELECT * FROM cost_by_day', {});
  const at = formatInstant(clock.now());
  return `${total?.['calls'] ?? 0} calls, ${total?.['usd'] ?? 0} USD, ${days.length} rows by day, ${at}`;
}
