import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createMatchReservations } from '../../../handlers/metering/match-reservations.ts';
import { nodeCodec } from '../../node/codec.ts';
import { createLineMac } from '../../node/line-mac.ts';
import { createDynamoSettle } from '../dynamo/dynamo-settle.ts';
import { createDynamoWindows } from '../dynamo/dynamo-windows.ts';
import { openLake } from '../lake/open-lake.ts';
import { secretKey } from '../secret-key.ts';
import { createSecrets } from '../secrets.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `MatchReservations`. */
export const handler = createStepFunction('match-reservations', async (settings) => {
  const { table, macKeySecret, ...buckets } = settings;
  const reservations = { client: new DynamoDBClient({ maxAttempts: 1 }), table };
  const secrets = createSecrets({ client: new SecretsManagerClient() });
  return createMatchReservations({
    codec: nodeCodec,
    objects: openLake(buckets),
    store: { ...createDynamoSettle(reservations), ...createDynamoWindows(reservations) },
    mac: createLineMac(secretKey(await secrets.read(macKeySecret))),
  });
});
