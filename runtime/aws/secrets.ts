import { GetSecretValueCommand, ResourceNotFoundException } from '@aws-sdk/client-secrets-manager';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** A secret that is not there, or is not text. */
export class SecretMissing extends Error {
  override readonly name = 'SecretMissing';
}

/** Secrets by name or ARN, as text. No error shows any of it. */
export interface Secrets {
  /** @throws SecretMissing */
  read(id: string): Promise<string>;
}

/** Secrets of Secrets Manager, in their current version. */
export function createSecrets({ client }: { readonly client: SecretsManagerClient }): Secrets {
  return {
    async read(id) {
      try {
        const { SecretString: text } = await client.send(
          new GetSecretValueCommand({ SecretId: id }),
        );
        if (text !== undefined && text !== '') return text;
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
        throw new SecretMissing(`secret ${id}: got none, expected one`);
      }
      throw new SecretMissing(`secret ${id}: got no text, expected a secret that is text`);
    },
  };
}
