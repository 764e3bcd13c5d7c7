import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GlueClient } from '@aws-sdk/client-glue';
import { KMSClient } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { HOUR_MS } from '../../../domain/instant.ts';
import { encodeTrust, trustOneKey } from '../../../domain/ledger/trust.ts';
import { windowOf } from '../../../domain/window.ts';
import { createDynamoStore } from '../../../runtime/aws/dynamo/dynamo-store.ts';
import { createKmsSigner } from '../../../runtime/aws/ledger/kms-signer.ts';
import { createS3Objects } from '../../../runtime/aws/lake/s3-objects.ts';
import { SETTINGS } from '../../../runtime/settings.ts';
import type { SettingName } from '../../../runtime/settings.ts';
import { HOUR } from '../../metering/deployment.ts';
import type { Deployment } from '../../metering/deployment.ts';
import { startAthenaServer } from '../stand-ins/athena-server.ts';
import { clientOf, standIn } from '../stand-ins/clients.ts';
import { createTestTable } from '../stand-ins/dynamo-tables.ts';
import { createGlueTables, partitionsOf, tablesOfGlue } from '../stand-ins/glue-lake.ts';
import { startInsightsServer } from '../stand-ins/insights-server.ts';
import { startKmsServer } from '../stand-ins/kms-server.ts';

const LEDGER = '111122223333/us-east-1/test';
const WORK_GROUP = 'tollbook';
const LOG_GROUP = 'tollbook-usage';
const moto = () => standIn('moto');

/** A lake in moto, with Glue tables over it and Athena's stand-in over what Glue has. */
async function openLake() {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const bucket = (kind: string) => `${name.replace('_', '-')}-${kind}`;
  const buckets = { lake: bucket('lake'), work: bucket('work'), proof: bucket('proof') };
  const s3 = new S3Client({ ...moto(), forcePathStyle: true });
  for (const Bucket of Object.values(buckets)) await s3.send(new CreateBucketCommand({ Bucket }));
  const databases = { database: name, candidateDatabase: `${name}_candidate` };
  const lake = { glue: new GlueClient(moto()), s3, bucket: buckets.lake, ...databases };
  await createGlueTables(lake);
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-athena-'));
  const athena = await startAthenaServer(tablesOfGlue(lake, folder), { workGroup: WORK_GROUP });
  const close = async () => {
    await athena.close();
    s3.destroy();
    lake.glue.destroy();
    rmSync(folder, { recursive: true, force: true });
  };
  return { lake, buckets, athena, close };
}

/** A topic, and the key of usage lines as a secret. */
async function openAccount(macKey: string) {
  const [sns, secrets] = [new SNSClient(moto()), new SecretsManagerClient(moto())];
  const name = `test-${randomBytes(6).toString('hex')}`;
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: name }));
  const { ARN: macKeySecret = '' } = await secrets.send(
    new CreateSecretCommand({ Name: name, SecretString: macKey }),
  );
  sns.destroy();
  secrets.destroy();
  return { topicArn, macKeySecret };
}

/** Everything that the metering functions meet in an account, each service by its stand-in. */
export async function openMeteringWorld(macKey: string) {
  const [table, insights, kms] = await Promise.all([
    createTestTable(),
    startInsightsServer({ logGroup: LOG_GROUP }),
    startKmsServer(),
  ]);
  const [{ lake, buckets, athena, ...opened }, account] = [
    await openLake(),
    await openAccount(macKey),
  ];
  const settings: Partial<Record<SettingName, string>> = {
    ...{ table: table.table, ledger: LEDGER, signingKey: kms.keyId, ...account },
    ...{ lakeBucket: buckets.lake, workBucket: buckets.work, checkpointBucket: buckets.proof },
    ...{ database: lake.database, candidateDatabase: lake.candidateDatabase },
    ...{ workGroup: WORK_GROUP, logGroup: LOG_GROUP },
  };
  const told = Object.entries(settings).map(([name, value]) => [
    ...[SETTINGS[name as SettingName].variable, value],
  ]);
  const env = {
    ...(Object.fromEntries(told) as Record<string, string>),
    AWS_ENDPOINT_URL_DYNAMODB: standIn('dynamodb').endpoint,
    AWS_ENDPOINT_URL_S3: moto().endpoint,
    AWS_ENDPOINT_URL_GLUE: moto().endpoint,
    AWS_ENDPOINT_URL_SNS: moto().endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: moto().endpoint,
    AWS_ENDPOINT_URL_ATHENA: athena.endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: insights.endpoint,
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_MAX_ATTEMPTS: '1',
  };
  const store = createDynamoStore({ client: table.client, table: table.table });
  const objects = createS3Objects({ client: lake.s3, bucket: buckets.lake });
  const copied = new Set<string>();

  /** Usage lines and reservations of a machine, as its gateway would have written them here. */
  async function takeOver({ folder, store: from }: Deployment): Promise<void> {
    for (const name of readdirSync(folder.journal).sort()) {
      const lines = readFileSync(join(folder.journal, name), 'utf8').split('\n').slice(0, -1);
      const fresh = lines.filter((_, at) => isFirst(`${name} ${at}`));
      insights.putLines(Date.parse(`${name.slice(0, 13)}:00:00.000Z`), fresh);
    }
    for (let hour = HOUR; hour < HOUR + 6 * HOUR_MS; hour += HOUR_MS) {
      for await (const batch of from.reservations(windowOf(hour))) {
        for (const { id, attempt } of batch) {
          if (!isFirst(`${id}/${attempt}`)) continue;
          const reservation = await from.findReservation(id, attempt);
          if (!reservation) throw new Error(`reservation ${id}: expected one`);
          await store.reserve({ ...reservation, state: 'PENDING' });
          const line = await from.settledLine(id, attempt);
          if (line) await store.settle({ id, attempt }, line, { cost: null, tokens: 0n });
        }
      }
    }
  }

  function isFirst(what: string): boolean {
    const first = !copied.has(what);
    copied.add(what);
    return first;
  }

  async function download(bucket: string, folder: string): Promise<void> {
    let ContinuationToken: string | undefined;
    do {
      const page = await lake.s3.send(
        new ListObjectsV2Command({ Bucket: bucket, ContinuationToken }),
      );
      for (const { Key = '' } of page.Contents ?? []) {
        const { Body } = await lake.s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        const path = join(folder, Key);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, (await Body?.transformToByteArray()) ?? '');
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  return {
    ...{ env, store, objects, takeOver, athena },

    /** `table dt hour run` of every partition of a table. */
    async partitions(database: 'database' | 'candidateDatabase', name: string): Promise<string[]> {
      const found = await partitionsOf(lake, { database: lake[database], name });
      return found.map(({ Values = [] }) => `${name} ${Values.join(' ')}`).sort();
    },

    /** A copy of lake and checkpoints, and a trust file for the KMS key: what an auditor has. */
    async copyTo(root: string) {
      const copy = { lake: join(root, 'lake'), checkpoints: join(root, 'checkpoints') };
      await download(buckets.lake, copy.lake);
      await download(buckets.proof, copy.checkpoints);
      const client = new KMSClient(clientOf(kms.endpoint));
      const signer = await createKmsSigner({ client, keyId: kms.keyId });
      const spki = Buffer.from(signer.publicKeySpki).toString('base64');
      const trustFile = join(root, 'trust.json');
      const key = { keyid: signer.keyId, spki, alg: signer.alg };
      writeFileSync(trustFile, encodeTrust(trustOneKey(LEDGER, key)));
      return { ...copy, trustFile };
    },

    async close(): Promise<void> {
      await Promise.all([opened.close(), insights.close(), kms.close(), table.drop()]);
    },
  };
}

export type MeteringWorld = Awaited<ReturnType<typeof openMeteringWorld>>;
