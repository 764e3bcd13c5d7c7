import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAuthenticateOperator } from '../../../handlers/admin/operators.ts';
import { createSecretMac } from '../../node/secret-mac.ts';
import { systemClock } from '../../node/system.ts';
import { readRegion, readSettings } from '../../settings.ts';
import type { AuthorizerEvent } from '../edge/authorizer-policy.ts';
import { createDynamoLookups } from '../dynamo/dynamo-lookups.ts';
import { openOnce } from '../open-once.ts';
import { createOperatorAuthorizer } from '../edge/operator-authorizer.ts';
import { secretKey } from '../secret-key.ts';
import { createSignedFetch } from '../signed/signed-fetch.ts';
import { createSignedSecrets } from '../signed/signed-secrets.ts';

const authorizer = openOnce(async () => {
  const { table, pepperSecret } = readSettings('operator-authorizer', process.env);
  const [clock, region] = [systemClock, readRegion(process.env)];
  const vault = createSignedSecrets({
    send: createSignedFetch({ region, clock, env: process.env }),
  });
  const secrets = createSecretMac(secretKey(await vault.read(pepperSecret)));
  const records = createDynamoLookups({ client: new DynamoDBClient({ maxAttempts: 1 }), table });
  return createOperatorAuthorizer({
    authenticateOperator: createAuthenticateOperator({ records, secrets, clock }),
    onError: (error) => {
      console.error(error);
    },
  });
});

/** The authorizer in front of every admin route. */
export async function handler(event: AuthorizerEvent) {
  const authorize = await authorizer();
  return authorize(event);
}
