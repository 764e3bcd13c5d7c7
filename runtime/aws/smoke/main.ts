#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  createAddTenant,
  createIssueKey,
  createRevokeKeys,
} from '../../../handlers/admin/issue-key.ts';
import { createSecretMac } from '../../node/secret-mac.ts';
import { systemClock, systemRandom } from '../../node/system.ts';
import { createDynamoStore } from '../dynamo/dynamo-store.ts';
import { secretKey } from '../secret-key.ts';
import { createSecrets } from '../secrets.ts';
import { accountChecks } from './account-checks.ts';
import { runChecks } from './check.ts';
import { readDeployment } from './deployment.ts';
import type { Deployment } from './deployment.ts';
import { gatewayChecks, revocationCheck } from './gateway-checks.ts';

const USAGE = `npm run smoke -- --unit NAME [--outputs cdk-outputs.json] [--model ID]

Checks in a real account what nothing but one can show: docs/aws-untested.md says why.
Makes a tenant and a key of its own and calls a model once. Exits 0 if all is well.
`;

const OPTIONS = {
  unit: { type: 'string' },
  outputs: { type: 'string', default: 'cdk-outputs.json' },
  model: { type: 'string', default: 'amazon.nova-micro-v1:0' },
  help: { type: 'boolean', default: false },
} as const;

/** A tenant and a key that are the smoke test's own. */
async function issue({ table, pepper }: Deployment) {
  const text = await createSecrets({ client: new SecretsManagerClient() }).read(pepper);
  const ports = {
    store: createDynamoStore({ client: new DynamoDBClient({ maxAttempts: 1 }), table }),
    secrets: createSecretMac(secretKey(text)),
    ...{ random: systemRandom, clock: systemClock, actor: 'smoke' },
  };
  const tenant = await createAddTenant(ports)('smoke', null);
  const issued = await createIssueKey(ports)(tenant, { project: 'smoke' });
  return { ...issued, revoke: () => createRevokeKeys(ports)(tenant.tenant) };
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help || values.unit === undefined) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 3;
  }
  const deployment = readDeployment(values.outputs, values.unit);
  let issued: ReturnType<typeof issue> | undefined;
  const key = () => (issued ??= issue(deployment));
  const gateway = {
    ...{ baseUrl: deployment.baseUrl, model: values.model, clock: systemClock },
    key: async () => (await key()).text,
    revoke: async () => (await key()).revoke(),
  };
  const account = {
    ...{ deployment, clock: systemClock, sinceMs: systemClock.now() },
    keyId: async () => (await key()).keyId,
  };
  const checks = [...gatewayChecks(gateway), ...accountChecks(account), revocationCheck(gateway)];
  const failed = await runChecks(checks, (line) => process.stdout.write(`${line}\n`));
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
