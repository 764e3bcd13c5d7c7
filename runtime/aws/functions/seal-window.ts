import { KMSClient } from '@aws-sdk/client-kms';
import { createSealWindow } from '../../../handlers/metering/seal-window.ts';
import { nodeCodec } from '../../node/codec.ts';
import { parquetTables } from '../../node/parquet-tables.ts';
import { systemClock } from '../../node/system.ts';
import { bundledBuild } from '../bundled.ts';
import { createKmsSigner } from '../ledger/kms-signer.ts';
import { openLake } from '../lake/open-lake.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `SealWindow`: it signs, and writes manifests and nothing else. */
export const handler = createStepFunction('seal-window', async (settings) => {
  const { signingKey, ledger, ...buckets } = settings;
  return createSealWindow({
    clock: systemClock,
    codec: nodeCodec,
    tables: parquetTables,
    objects: openLake(buckets),
    signer: await createKmsSigner({ client: new KMSClient(), keyId: signingKey }),
    build: bundledBuild(),
    identity: { ledger, runner: `lambda ${process.version}` },
  });
});
