import { createAuthenticate } from '../../handlers/authenticate.ts';
import { createGatewayRoutes } from '../../handlers/gateway-routes.ts';
import { createAddTenant, createIssueKey, createRevokeKeys } from '../../handlers/issue-key.ts';
import { createTenantRules } from '../../handlers/tenant-rules.ts';
import { stderrNotifier } from './stderr-notifier.ts';
import { createBookReader } from '../../handlers/price-books.ts';
import { GRACE_MS } from '../../handlers/plan-windows.ts';
import { HOUR_MS, hourOf } from '../../domain/instant.ts';
import { nodeCodec } from '../node/codec.ts';
import { createLineMac } from '../node/line-mac.ts';
import { parquetTables } from '../node/parquet-tables.ts';
import { systemClock, systemRandom } from '../node/system.ts';
import type { DataFolder } from './data-folder.ts';
import { createFolderObjects } from './folder-objects.ts';
import { createGateway } from './http-gateway.ts';
import { createJournal } from './journal.ts';
import { ensurePriceBook, meter } from './meter.ts';
import type { MeterResult } from './meter.ts';
import { createSimulatedBedrock } from './simulated-bedrock.ts';
import { createSqliteStore } from './sqlite-store.ts';

export interface ServeOptions {
  readonly folder: DataFolder;
  readonly port: number;
  readonly host: string;
  /** A metering ended, well or not. */
  readonly onMetered: (result: MeterResult) => void;
  readonly onError: (error: unknown) => void;
}

export interface Served {
  readonly port: number;
  /** Makes a key for the tenant `demo`, in the place of any it had; the tenant is made if there is none. */
  issueDemoKey(): Promise<string>;
  close(): Promise<void>;
}

const REGION = 'us-east-1';

/** Serves the gateway over a data folder and meters each window once it has closed. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { folder, onError } = options;
  const store = createSqliteStore({ file: folder.store });
  const usageLog = createJournal({ folder: folder.journal, clock: systemClock });
  const objects = createFolderObjects(folder.lake);
  const bookKey = await ensurePriceBook({
    store,
    objects,
    codec: nodeCodec,
    tables: parquetTables,
  });
  const { prices } = await createBookReader({ objects, codec: nodeCodec }).read(bookKey);
  const models = createSimulatedBedrock({ clock: systemClock });
  const mac = createLineMac(folder.macKey);
  const invokePorts = {
    ...{ store, limits: store, usageLog, models, clock: systemClock, random: systemRandom, mac },
    ...{
      notifier: stderrNotifier,
      rules: createTenantRules({ records: store, clock: systemClock }),
    },
  };
  const gateway = createGateway({
    authenticate: createAuthenticate({ store, secrets: folder.secrets, clock: systemClock }),
    routes: createGatewayRoutes({ ...invokePorts, prices, region: REGION }),
    onError,
  });
  const { port } = await gateway.listen(options.port, options.host);
  const schedule = meterOnSchedule(options);
  return {
    port,
    issueDemoKey: async () => {
      const made = { store, random: systemRandom, clock: systemClock, actor: 'serve' };
      const demo = (await store.tenants()).find(({ name }) => name === 'demo');
      const tenant = demo ?? (await createAddTenant(made)('demo', null));
      await createRevokeKeys(made)(tenant.tenant);
      return (await createIssueKey({ ...made, secrets: folder.secrets })(tenant)).text;
    },
    close: async () => {
      await schedule.stop();
      await gateway.close();
      usageLog.close();
      store.close();
    },
  };
}

/** A window can be sealed this long after its grace; lines on their way have arrived by then. */
const SLACK_MS = 30_000;

/** The timer that stands in for EventBridge: a little after each hour's grace. */
function meterOnSchedule({ folder, onMetered, onError }: ServeOptions) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  function plan(): void {
    if (stopped) return;
    const nowMs = systemClock.now();
    const due = hourOf(nowMs - GRACE_MS - SLACK_MS) + HOUR_MS + GRACE_MS + SLACK_MS;
    timer = setTimeout(run, Math.max(1000, due - nowMs));
  }

  function run(): void {
    // On a thread of its own: calls must not wait while a window is rated.
    running = meter({ folder, nowMs: systemClock.now(), workers: 1 })
      .then(onMetered, onError)
      .finally(plan);
  }

  run();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
