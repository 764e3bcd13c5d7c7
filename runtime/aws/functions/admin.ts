import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAdminRoutes } from '../../../handlers/admin/admin-routes.ts';
import { createAuthenticateOperator } from '../../../handlers/admin/operators.ts';
import { createSecretMac } from '../../node/secret-mac.ts';
import { systemClock, systemRandom } from '../../node/system.ts';
import { readRegion, readSettings } from '../../settings.ts';
import { createBundledOpenApiRoute } from '../edge/bundled-openapi.ts';
import { createDynamoDirectory } from '../dynamo/dynamo-directory.ts';
import { createDynamoLimits } from '../dynamo/dynamo-limits.ts';
import { createDynamoRecords } from '../dynamo/dynamo-records.ts';
import { createLambdaEdge } from '../edge/lambda-edge.ts';
import type { EdgeEvent } from '../edge/lambda-edge.ts';
import { openOnce } from '../open-once.ts';
import { secretKey } from '../secret-key.ts';
import { createSignedFetch } from '../signed/signed-fetch.ts';
import { createSignedSecrets } from '../signed/signed-secrets.ts';

const edge = openOnce(async () => {
  const { table, pepperSecret } = readSettings('admin', process.env);
  const [clock, region] = [systemClock, readRegion(process.env)];
  const vault = createSignedSecrets({
    send: createSignedFetch({ region, clock, env: process.env }),
  });
  const secrets = createSecretMac(secretKey(await vault.read(pepperSecret)));
  const dynamo = { client: new DynamoDBClient({ maxAttempts: 1 }), table };
  const records = createDynamoRecords(dynamo);
  const administration = createAdminRoutes({
    ...{ store: createDynamoDirectory(dynamo), records, limits: createDynamoLimits(dynamo) },
    ...{ secrets, clock, random: systemRandom },
  });
  const routes = [...administration, createBundledOpenApiRoute()];
  return createLambdaEdge({
    routes: () => routes,
    authenticateOperator: createAuthenticateOperator({ records, secrets, clock }),
    onError: (error) => {
      console.error(error);
    },
  });
});

/** Everything below `/admin`, and the document of all routes. */
export const handler = awslambda.streamifyResponse(async (event: EdgeEvent, stream, context) => {
  const answer = await edge();
  await answer(event, (head) => awslambda.HttpResponseStream.from(stream, head), context);
});
