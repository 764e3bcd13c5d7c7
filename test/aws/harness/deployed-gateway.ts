import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import OpenAI from 'openai';
import { parseUsageLine } from '../../../domain/usage-line.ts';
import { createAddTenant, createIssueKey } from '../../../handlers/admin/issue-key.ts';
import { createDynamoStore } from '../../../runtime/aws/dynamo/dynamo-store.ts';
import { createS3Objects } from '../../../runtime/aws/lake/s3-objects.ts';
import { startSimulatedBedrock } from '../../../runtime/local/simulated/simulated-bedrock-server.ts';
import { createSecretMac } from '../../../runtime/node/secret-mac.ts';
import { systemClock as clock, systemRandom as random } from '../../../runtime/node/system.ts';
import { SETTINGS } from '../../../runtime/settings.ts';
import { publish } from '../../metering/price-books.ts';
import { recordedBook } from '../../pricing/price-rows.ts';
import type { Template } from '../../runtime/aws/harness/template.ts';
import { answerOf } from '../../runtime/local/gateway-harness.ts';
import type { EdgeHarness } from '../../runtime/local/gateway-harness.ts';
import type { StartOverServices } from '../../contract/http-edge-models.ts';
import { standIn } from '../stand-ins/clients.ts';
import { createTestTable } from '../stand-ins/dynamo-tables.ts';

/** What is deployed: every function in a folder of its name, and the API's template. */
export interface Deployed {
  readonly bundles: string;
  readonly template: Template;
  readonly planKey: string;
}

/** What its stacks would have made. */
export type Account = Awaited<ReturnType<typeof openAccount>>['settings'];

const PEPPER = 'p'.repeat(64);
const MAC_KEY = 'k'.repeat(64);
const moto = () => standIn('moto');

/** A table, a bucket with the recorded prices, the two secrets and a topic. */
async function openAccount() {
  const name = `test-${randomBytes(6).toString('hex')}`;
  const table = await createTestTable();
  const store = createDynamoStore({ client: table.client, table: table.table });
  const s3 = new S3Client({ ...moto(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  await publish({ store, objects: createS3Objects({ client: s3, bucket: name }) }, recordedBook);
  const secrets = new SecretsManagerClient(moto());
  const secret = async (kind: string, SecretString: string) => {
    const made = await secrets.send(
      new CreateSecretCommand({ Name: `${name}-${kind}`, SecretString }),
    );
    return made.ARN ?? '';
  };
  const [pepperSecret, macKeySecret] = [
    await secret('pepper', PEPPER),
    await secret('mac', MAC_KEY),
  ];
  const sns = new SNSClient(moto());
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: name }));
  for (const client of [s3, secrets, sns]) client.destroy();
  const settings = { table: table.table, lakeBucket: name, pepperSecret, macKeySecret, topicArn };
  return { store, settings, drop: table.drop };
}

/** The gateway as it is deployed, over stand-ins of everything it calls. */
export function deployedGateway({ bundles, template, planKey }: Deployed) {
  return async (
    options: Parameters<StartOverServices>[0] = {},
  ): Promise<EdgeHarness & { readonly account: Account }> => {
    const bedrock = await startSimulatedBedrock({
      ...{ clock, answer: options.answer ?? (() => answerOf()) },
    });
    const { store, settings, drop } = await openAccount();
    const made = { store, random, clock, actor: 'test' };
    const secrets = createSecretMac(Buffer.from(PEPPER));
    const [tenant, other] = [
      await createAddTenant(made)('Acme', 'cc-1'),
      await createAddTenant(made)('Other', null),
    ];
    const issueKey = createIssueKey({ ...made, secrets });
    const [key, otherKey] = [(await issueKey(tenant)).text, (await issueKey(other)).text];

    const folder = mkdtempSync(join(tmpdir(), 'tollbook-deployed-'));
    const [out, err] = [join(folder, 'stdout'), join(folder, 'stderr')];
    writeFileSync(join(folder, 'template.json'), JSON.stringify(template));
    const told = Object.entries({
      ...settings,
      usagePlanKey: planKey,
      issuers: JSON.stringify(options.issuers ?? []),
    }).map(([name, value]) => [...[SETTINGS[name as keyof typeof SETTINGS].variable, value]]);
    const host = fork(
      join(__dirname, 'gateway-host.ts'),
      [bundles, join(folder, 'template.json')],
      {
        env: {
          ...process.env,
          ...(Object.fromEntries(told) as Record<string, string>),
          AWS_ENDPOINT_URL_DYNAMODB: standIn('dynamodb').endpoint,
          AWS_ENDPOINT_URL_S3: moto().endpoint,
          AWS_ENDPOINT_URL_SNS: moto().endpoint,
          AWS_ENDPOINT_URL_SECRETS_MANAGER: moto().endpoint,
          AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.endpoint,
          ...(options.upstream && {
            AWS_ENDPOINT_URL_BEDROCK: options.upstream.profilesUrl,
            AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: options.upstream.sageMakerUrl,
          }),
        },
        // Files: what was written before an answer went out can be read when it arrives.
        stdio: ['ignore', openSync(out, 'a'), openSync(err, 'a'), 'ipc'],
      },
    );
    const ended = once(host, 'exit');
    const early = ended.then(() => {
      throw new Error(`gateway host: ended before it listened: ${readFileSync(err, 'utf8')}`);
    });
    const [{ port }] = (await Promise.race([once(host, 'message'), early])) as [{ port: number }];
    early.catch(() => undefined);
    const url = `http://127.0.0.1:${port}`;
    const journalText = () => readFileSync(out, 'utf8');

    let said: string | undefined;
    const errorText = () => said ?? readFileSync(err, 'utf8');

    async function drain(): Promise<void> {
      if (host.connected) host.send('close');
      await ended;
    }

    return {
      ...{
        url,
        port,
        key,
        otherKey,
        tenant: tenant.tenant,
        other: other.tenant,
        store,
        journalText,
      },
      models: bedrock,
      account: settings,
      /** What the functions told the operator. */
      get errors() {
        return errorText() === '' ? [] : [errorText()];
      },
      lines: () => journalText().split('\n').slice(0, -1).map(eventOf),
      sdk: (differs) =>
        new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0, ...differs }),
      drain,
      async stop() {
        await drain();
        await bedrock.close();
        await drop();
        said = errorText();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  };
}

function eventOf(line: string) {
  const parsed = parseUsageLine(line);
  if (!parsed.ok) throw new Error(`usage line: ${parsed.fault}`);
  return parsed.event;
}
