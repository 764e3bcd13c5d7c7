import { AthenaClient } from '@aws-sdk/client-athena';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import type { SecretMac } from '../../../handlers/edge/authenticate.ts';
import { createMeRoutes } from '../../../handlers/admin/me-routes.ts';
import { createTenantUsage } from '../../../handlers/admin/tenant-usage.ts';
import { nodeCodec } from '../../node/codec.ts';
import { systemClock, systemRandom } from '../../node/system.ts';
import { readSettings } from '../../settings.ts';
import { createAthenaEngine } from '../lake/athena-engine.ts';
import { bundledTenantUsage } from '../bundled.ts';
import { createDynamoDirectory } from '../dynamo/dynamo-directory.ts';
import { createDynamoLimits } from '../dynamo/dynamo-limits.ts';
import { createDynamoRecords } from '../dynamo/dynamo-records.ts';
import { createLambdaEdge } from '../edge/lambda-edge.ts';
import type { EdgeEvent } from '../edge/lambda-edge.ts';
import { openOnce } from '../open-once.ts';
import { createS3Objects } from '../lake/s3-objects.ts';

/** A tenant makes no keys here, so this function needs no pepper and has none. */
const NO_PEPPER: SecretMac = { mac: withoutPepper, equal: withoutPepper };

function withoutPepper(): never {
  throw new Error('pepper: got none, expected nobody to ask for it');
}

const edge = openOnce(() => {
  const { table, lakeBucket, database, workGroup } = readSettings('me', process.env);
  const dynamo = { client: new DynamoDBClient({ maxAttempts: 1 }), table };
  const usageOf = createTenantUsage({
    sql: () =>
      Promise.resolve(createAthenaEngine({ client: new AthenaClient(), workGroup, database })),
    statement: bundledTenantUsage(),
    objects: createS3Objects({ client: new S3Client(), bucket: lakeBucket }),
    codec: nodeCodec,
  });
  const administration = {
    ...{ store: createDynamoDirectory(dynamo), records: createDynamoRecords(dynamo) },
    ...{ limits: createDynamoLimits(dynamo), secrets: NO_PEPPER },
    ...{ clock: systemClock, random: systemRandom },
  };
  const routes = createMeRoutes({ administration, usageOf });
  return createLambdaEdge({
    routes: () => routes,
    onError: (error) => {
      console.error(error);
    },
  });
});

/** What a tenant may know of itself. */
export const handler = awslambda.streamifyResponse(async (event: EdgeEvent, stream, context) => {
  const answer = await edge();
  await answer(event, (head) => awslambda.HttpResponseStream.from(stream, head), context);
});
