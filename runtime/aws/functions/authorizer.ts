import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createAuthenticate } from '../../../handlers/authenticate.ts';
import { createSecretMac } from '../../node/secret-mac.ts';
import { systemClock } from '../../node/system.ts';
import { readSettings } from '../../settings.ts';
import { createAuthorizer } from '../authorizer.ts';
import type { AuthorizerEvent } from '../authorizer.ts';
import { createDynamoLookups } from '../dynamo-lookups.ts';
import { openOnce } from '../open-once.ts';
import { secretKey } from '../secret-key.ts';
import { createSecrets } from '../secrets.ts';

const authorizer = openOnce(async () => {
  const { table, pepperSecret, usagePlanKey } = readSettings('authorizer', process.env);
  const secrets = createSecrets({ client: new SecretsManagerClient() });
  const pepper = secretKey(await secrets.read(pepperSecret));
  const store = createDynamoLookups({ client: new DynamoDBClient(), table });
  return createAuthorizer({
    authenticate: createAuthenticate({
      ...{ store, clock: systemClock, secrets: createSecretMac(pepper) },
    }),
    onError: (error) => {
      console.error(error);
    },
    usagePlanKey,
  });
});

/** The authorizer in front of every tenant route. */
export async function handler(event: AuthorizerEvent) {
  const authorize = await authorizer();
  return authorize(event);
}
