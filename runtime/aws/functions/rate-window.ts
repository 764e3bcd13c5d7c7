import { AthenaClient } from '@aws-sdk/client-athena';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createRateWindow } from '../../../handlers/metering/rate-window.ts';
import { nodeCodec } from '../../node/codec.ts';
import { createLineMac } from '../../node/line-mac.ts';
import { parquetTables } from '../../node/parquet-tables.ts';
import { createAthenaEngine } from '../lake/athena-engine.ts';
import { bundledBuild } from '../bundled.ts';
import { createDynamoLookups } from '../dynamo/dynamo-lookups.ts';
import { createDynamoWindows } from '../dynamo/dynamo-windows.ts';
import { openLake } from '../lake/open-lake.ts';
import { secretKey } from '../secret-key.ts';
import { createSecrets } from '../secrets.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `RateWindow`. */
export const handler = createStepFunction('rate-window', async (settings) => {
  const { table, database, workGroup, macKeySecret, ...buckets } = settings;
  const reservations = { client: new DynamoDBClient({ maxAttempts: 1 }), table };
  const secrets = createSecrets({ client: new SecretsManagerClient() });
  return createRateWindow({
    codec: nodeCodec,
    tables: parquetTables,
    objects: openLake(buckets),
    store: { ...createDynamoLookups(reservations), ...createDynamoWindows(reservations) },
    sql: createAthenaEngine({ client: new AthenaClient(), workGroup, database }),
    mac: createLineMac(secretKey(await secrets.read(macKeySecret))),
    build: bundledBuild(),
  });
});
