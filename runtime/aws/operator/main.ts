#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createOperators } from '../../../handlers/admin/operators.ts';
import { formatInstant } from '../../../domain/instant.ts';
import { createSecretMac } from '../../node/secret-mac.ts';
import { systemClock, systemRandom } from '../../node/system.ts';
import { createDynamoRecords } from '../dynamo/dynamo-records.ts';
import { secretKey } from '../secret-key.ts';
import { createSecrets } from '../secrets.ts';
import { readDeployment } from '../smoke/deployment.ts';

const USAGE = `npm run operator -- --unit NAME --name WHO [--outputs cdk-outputs.json]

Makes the first admin of a unit, with the AWS credentials of whoever deploys it, and prints the
credential once. Every other operator is made by an admin: POST /admin/operators.
`;

const OPTIONS = {
  unit: { type: 'string' },
  name: { type: 'string' },
  outputs: { type: 'string', default: 'cdk-outputs.json' },
  help: { type: 'boolean', default: false },
} as const;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  const { unit, name, outputs, help } = values;
  if (help || unit === undefined || name === undefined) {
    process.stdout.write(USAGE);
    return help ? 0 : 3;
  }
  const { table, pepper, baseUrl } = readDeployment(outputs, unit);
  const text = await createSecrets({ client: new SecretsManagerClient() }).read(pepper);
  const records = createDynamoRecords({ client: new DynamoDBClient({ maxAttempts: 1 }), table });
  const ports = { records, secrets: createSecretMac(secretKey(text)) };
  // Who deploys may write the table, and so may do this: the audit log says that it was done.
  const operators = createOperators(
    { ...ports, clock: systemClock, random: systemRandom },
    'deployer',
  );
  const made = await operators.create({ name, role: 'admin', tenant: null });
  const until = formatInstant(made.expiresMs);
  process.stdout.write(
    `${made.credential}\n\nAdmin ${made.id} until ${until}. It is shown once. A first use:\n` +
      `  curl -H 'authorization: Bearer '"$CREDENTIAL" ${baseUrl}/admin/tenants\n`,
  );
  return 0;
}

process.exitCode = await main();
