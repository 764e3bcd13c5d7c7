import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { secretKey } from '../../runtime/aws/secret-key.ts';
import { SecretMissing, createSecrets } from '../../runtime/aws/secrets.ts';
import { describeSecrets } from '../contract/secrets.ts';
import { standIn } from './stand-ins/clients.ts';

async function openSecrets() {
  const client = new SecretsManagerClient(standIn('moto'));
  const prefix = randomBytes(6).toString('hex');
  for (const name of ['mac', 'pepper']) {
    const SecretString = randomBytes(32).toString('hex');
    await client.send(new CreateSecretCommand({ Name: `${prefix}/${name}`, SecretString }));
  }
  const secrets = createSecrets({ client });
  return {
    client,
    secrets,
    prefix,
    key: async (name: string) => secretKey(await secrets.read(`${prefix}/${name}`)),
    spoil: async (name: string, SecretString: string) => {
      await client.send(new PutSecretValueCommand({ SecretId: `${prefix}/${name}`, SecretString }));
    },
    close: () => {
      client.destroy();
    },
  };
}

describeSecrets('Secrets Manager', openSecrets);

describe('a secret', () => {
  it('is read in its newest version, by its name or its ARN', async () => {
    const { client, secrets, prefix, close } = await openSecrets();
    const { ARN } = await client.send(
      new PutSecretValueCommand({ SecretId: `${prefix}/mac`, SecretString: 'newest' }),
    );

    expect(await secrets.read(`${prefix}/mac`)).toBe('newest');
    expect(await secrets.read(ARN!)).toBe('newest');
    close();
  });

  it('that is not there is missing, by name', async () => {
    const { secrets, close } = await openSecrets();

    await expect(secrets.read('none')).rejects.toThrow(SecretMissing);
    await expect(secrets.read('none')).rejects.toThrow(/none/);
    close();
  });

  it('that is bytes is no text', async () => {
    const { client, secrets, prefix, close } = await openSecrets();
    const SecretBinary = Buffer.from('bytes');
    await client.send(new CreateSecretCommand({ Name: `${prefix}/bytes`, SecretBinary }));

    await expect(secrets.read(`${prefix}/bytes`)).rejects.toThrow(SecretMissing);
    close();
  });
});
