import type { Secrets } from '../secrets.ts';
import { OperationFailed } from './signed-fetch.ts';
import type { SendOperation } from './signed-fetch.ts';

/** Reads secrets, where the SDK's client would be too much: see `signed-fetch.ts`. */
export function createSignedSecrets({ send }: { readonly send: SendOperation }): Secrets {
  return {
    async read(id) {
      const { status, bytes } = await send({
        ...{ operation: 'secrets-manager GetSecretValue', service: 'secretsmanager' },
        ...{ method: 'POST', path: '/', body: JSON.stringify({ SecretId: id }) },
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'secretsmanager.GetSecretValue',
        },
      });
      // The answer of a failure is not shown: it may quote more than the name.
      if (status !== 200) throw new OperationFailed(`secret ${id}: got status ${status}`);
      const { SecretString: text } = JSON.parse(new TextDecoder().decode(bytes)) as {
        SecretString?: unknown;
      };
      if (typeof text === 'string' && text !== '') return text;
      throw new OperationFailed(`secret ${id}: got no text, expected a secret that is text`);
    },
  };
}
