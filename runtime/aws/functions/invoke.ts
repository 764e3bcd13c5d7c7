import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createCurrentPrices } from '../../../handlers/prices/current-prices.ts';
import { createGatewayRoutes } from '../../../handlers/edge/gateway-routes.ts';
import { createModelRegistry } from '../../../handlers/invoke/model-documents.ts';
import { createResolveModel } from '../../../handlers/invoke/resolve-model.ts';
import { createTenantRules } from '../../../handlers/invoke/tenant-rules.ts';
import { nodeCodec } from '../../node/codec.ts';
import { createLineMac } from '../../node/line-mac.ts';
import { createModels } from '../../node/models.ts';
import { systemClock, systemRandom } from '../../node/system.ts';
import { readRegion, readSettings } from '../../settings.ts';
import { createBedrockModel } from '../models/bedrock-model.ts';
import { createCallAgents } from '../models/call-agents.ts';
import { untilDeadline } from '../models/call-deadline.ts';
import { createDynamoJobs } from '../dynamo/dynamo-jobs.ts';
import { createDynamoLimits } from '../dynamo/dynamo-limits.ts';
import { createDynamoLookups } from '../dynamo/dynamo-lookups.ts';
import { createDynamoRecords } from '../dynamo/dynamo-records.ts';
import { createDynamoReserve } from '../dynamo/dynamo-reserve.ts';
import { createDynamoSettle } from '../dynamo/dynamo-settle.ts';
import { createLambdaEdge } from '../edge/lambda-edge.ts';
import type { EdgeEvent } from '../edge/lambda-edge.ts';
import { openOnce } from '../open-once.ts';
import { createSageMakerHttp } from '../models/sagemaker-http.ts';
import { createSageMakerModel } from '../models/sagemaker-model.ts';
import { secretKey } from '../secret-key.ts';
import { createSignedFetch } from '../signed/signed-fetch.ts';
import { createSignedNotifier } from '../signed/signed-notifier.ts';
import { createSignedObjects } from '../signed/signed-objects.ts';
import { createSignedProfiles } from '../models/signed-profiles.ts';
import { createSignedSecrets } from '../signed/signed-secrets.ts';
import { createStdoutUsageLog } from '../log/stdout-usage-log.ts';

/** Errors of ours go to the function's log, beside the usage lines: there they are foreign lines. */
function onError(error: unknown): void {
  console.error(error);
}

/** What the invoke path asks of the world, but for models. */
async function openPorts() {
  const { table, lakeBucket, macKeySecret, topicArn } = readSettings('invoke', process.env);
  const region = readRegion(process.env);
  const clock = systemClock;
  const dynamo = { client: new DynamoDBClient({ maxAttempts: 1 }), table };
  const send = createSignedFetch({ region, clock, env: process.env });
  const secrets = createSignedSecrets({ send });
  const books = { store: createDynamoLookups(dynamo), codec: nodeCodec, clock, onError };
  return {
    ...{ region, clock, random: systemRandom, codec: nodeCodec },
    store: { ...createDynamoReserve(dynamo), ...createDynamoSettle(dynamo) },
    jobs: createDynamoJobs(dynamo),
    limits: createDynamoLimits(dynamo),
    rules: createTenantRules({ records: createDynamoRecords(dynamo), clock }),
    registered: createModelRegistry({ records: createDynamoRecords(dynamo), clock }),
    resolveModel: createResolveModel(createSignedProfiles({ send })),
    notifier: createSignedNotifier({ send, topicArn }),
    usageLog: createStdoutUsageLog({ stdout: process.stdout }),
    mac: createLineMac(secretKey(await secrets.read(macKeySecret))),
    prices: createCurrentPrices({
      ...books,
      objects: createSignedObjects({ send, bucket: lakeBucket }),
    }),
  };
}

/** Every model that may be called. */
function openModels(region: string) {
  const requestHandler = new NodeHttpHandler(createCallAgents());
  const client = new BedrockRuntimeClient({ maxAttempts: 1, requestHandler });
  const send = createSageMakerHttp({ region, clock: systemClock, env: process.env });
  return createModels({
    ...{ bedrock: createBedrockModel({ client }), sageMaker: createSageMakerModel({ send }) },
  });
}

const edge = openOnce(async () => {
  const ports = await openPorts();
  const models = openModels(ports.region);
  return createLambdaEdge({
    onError,
    routes: (remainingMs) =>
      createGatewayRoutes({ ...ports, models: untilDeadline(models, remainingMs) }),
  });
});

/** The gateway: every route, its answer as a stream. */
export const handler = awslambda.streamifyResponse(async (event: EdgeEvent, stream, context) => {
  const answer = await edge();
  await answer(event, (head) => awslambda.HttpResponseStream.from(stream, head), context);
});
