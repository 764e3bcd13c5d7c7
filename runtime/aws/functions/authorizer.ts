import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAuthenticateAny } from '../../../handlers/edge/authenticate-any.ts';
import { createAuthenticate } from '../../../handlers/edge/authenticate.ts';
import { createJwtAuthenticate, looksLikeJwt } from '../../node/jwt-authenticate.ts';
import { createSecretMac } from '../../node/secret-mac.ts';
import { systemClock } from '../../node/system.ts';
import { readRegion, readSettings } from '../../settings.ts';
import { createAuthorizer } from '../edge/authorizer.ts';
import type { AuthorizerEvent } from '../edge/authorizer-policy.ts';
import { readIssuers } from '../edge/issuers.ts';
import { createDynamoLookups } from '../dynamo/dynamo-lookups.ts';
import { openOnce } from '../open-once.ts';
import { secretKey } from '../secret-key.ts';
import { createSignedFetch } from '../signed/signed-fetch.ts';
import { createSignedSecrets } from '../signed/signed-secrets.ts';

/** Errors of ours: the caller is refused, and it is not his fault. */
function onError(error: unknown): void {
  console.error(error);
}

const authorizer = openOnce(async () => {
  const settings = readSettings('authorizer', process.env);
  const issuers = readIssuers(settings.issuers);
  const [clock, region] = [systemClock, readRegion(process.env)];
  const vault = createSignedSecrets({
    send: createSignedFetch({ region, clock, env: process.env }),
  });
  const pepper = secretKey(await vault.read(settings.pepperSecret));
  const store = createDynamoLookups({
    client: new DynamoDBClient({ maxAttempts: 1 }),
    table: settings.table,
  });
  return createAuthorizer({
    authenticate: createAuthenticateAny({
      key: createAuthenticate({ store, clock, secrets: createSecretMac(pepper) }),
      token: createJwtAuthenticate({ issuers, clock, onError }),
      isToken: looksLikeJwt,
    }),
    ...{ onError, usagePlanKey: settings.usagePlanKey },
  });
});

/** The authorizer in front of every tenant route. */
export async function handler(event: AuthorizerEvent) {
  const authorize = await authorizer();
  return authorize(event);
}
