import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { createAdminRoutes } from '../../handlers/admin/admin-routes.ts';
import { createAuthenticateOperator } from '../../handlers/admin/operators.ts';
import type { Route } from '../../handlers/edge/api-exchange.ts';
import { createAuthenticateAny } from '../../handlers/edge/authenticate-any.ts';
import { createAuthenticate } from '../../handlers/edge/authenticate.ts';
import { createCurrentPrices } from '../../handlers/prices/current-prices.ts';
import { createGatewayRoutes } from '../../handlers/edge/gateway-routes.ts';
import {
  createAddTenant,
  createIssueKey,
  createRevokeKeys,
} from '../../handlers/admin/issue-key.ts';
import { createModelRegistry } from '../../handlers/invoke/model-documents.ts';
import { createMeRoutes } from '../../handlers/admin/me-routes.ts';
import { createOpenApiRoute } from '../../handlers/edge/openapi-route.ts';
import type { Jobs, ModelClient } from '../../handlers/ports.ts';
import { createResolveModel } from '../../handlers/invoke/resolve-model.ts';
import { createTenantRules } from '../../handlers/invoke/tenant-rules.ts';
import { createTenantUsage } from '../../handlers/admin/tenant-usage.ts';
import { nodeCodec } from '../node/codec.ts';
import { createJwtAuthenticate, looksLikeJwt } from '../node/jwt-authenticate.ts';
import type { IssuerSettings } from '../node/jwt-authenticate.ts';
import { createLineMac } from '../node/line-mac.ts';
import { parquetTables } from '../node/parquet-tables.ts';
import { systemClock, systemRandom } from '../node/system.ts';
import type { DataFolder } from './data-folder.ts';
import type { DuckDbEngine } from './lake/duckdb-engine.ts';
import { createFolderObjects } from './lake/folder-objects.ts';
import { createGateway } from './edge/http-gateway.ts';
import { createJournal } from './journal/journal.ts';
import type { Durability } from './journal/journal.ts';
import { openLake } from './lake/lake-reader.ts';
import { ensurePriceBook } from './meter.ts';
import { CHECKOUT } from './metering-ports.ts';
import { meterOnSchedule } from './metering-schedule.ts';
import type { ScheduleOptions } from './metering-schedule.ts';
import { createProfileFile } from './profile-file.ts';
import { createSqliteJobs } from './sqlite/sqlite-jobs.ts';
import { createSqliteStore } from './sqlite/sqlite-store.ts';
import type { SqliteStore } from './sqlite/sqlite-store.ts';
import { stderrNotifier } from './stderr-notifier.ts';
import { limitYoungSpace } from './young-space.ts';

export interface ServeOptions extends ScheduleOptions {
  readonly port: number;
  readonly host: string;
  readonly models: ModelClient;
  /** What a committed write has reached. @default the disk */
  readonly durability?: Durability;
  /** OIDC issuers whose tokens are believed. */
  readonly issuers?: readonly IssuerSettings[];
}

export interface Served {
  readonly port: number;
  /** Makes a key for the tenant `demo`, in the place of any it had; the tenant is made if there is none. */
  issueDemoKey(): Promise<string>;
  close(): Promise<void>;
}

/** A key that is revoked is refused this much later at most; a minute is promised. */
const KEY_AGE_MAX_MS = 5_000;
const REGION = 'us-east-1';

/** What ended calls leave behind may make the heap grow by so many percent before it is looked through. */
const HEAP_GROWTH = 50;

/** Serves the gateway over a data folder and meters each window once it has closed. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { folder, onError, durability = 'disk' } = options;
  // V8 by itself lets it grow to several times what is alive: at 400 calls a second it never stopped.
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  const youngSpace = limitYoungSpace();
  const store = createSqliteStore({ file: folder.store, durability });
  const objects = createFolderObjects(folder.lake);
  await ensurePriceBook({ store, objects, codec: nodeCodec, tables: parquetTables });
  const usageLog = createJournal({ folder: folder.journal, clock: systemClock, durability });
  const jobs = createSqliteJobs({ file: folder.jobs, clock: systemClock });
  const lake = openOnDemand(folder);
  const identity = { secrets: folder.secrets, clock: systemClock };
  const gateway = createGateway({
    authenticate: createAuthenticateAny({
      key: createAuthenticate({ store, ...identity, rememberMs: KEY_AGE_MAX_MS }),
      token: createJwtAuthenticate({ issuers: options.issuers ?? [], clock: systemClock, onError }),
      isToken: looksLikeJwt,
    }),
    authenticateOperator: createAuthenticateOperator({ records: store, ...identity }),
    routes: routesOf({ options, store, lake, usageLog, jobs }),
    onError,
  });
  const { port } = await gateway.listen(options.port, options.host);
  const schedule = meterOnSchedule(options);
  return {
    port,
    issueDemoKey: () => demoKey(folder, store),
    close: async () => {
      await schedule.stop();
      await gateway.close();
      await lake.close();
      usageLog.close();
      jobs.close();
      store.close();
      youngSpace.stop();
    },
  };
}

interface Parts {
  readonly options: ServeOptions;
  readonly store: SqliteStore;
  readonly lake: ReturnType<typeof openOnDemand>;
  readonly usageLog: ReturnType<typeof createJournal>;
  readonly jobs: Jobs;
}

/** Every route of the gateway: calls, what a tenant knows of itself, and what admins do. */
function routesOf({ options, store, lake, usageLog, jobs }: Parts): readonly Route[] {
  const { folder, models, onError } = options;
  const machine = { clock: systemClock, random: systemRandom };
  const objects = createFolderObjects(folder.lake);
  const lakeObjects = { objects, codec: nodeCodec };
  const invoke = {
    ...{ store, limits: store, usageLog, models, jobs, ...machine, notifier: stderrNotifier },
    codec: nodeCodec,
    ...{ mac: createLineMac(folder.macKey), region: REGION },
    rules: createTenantRules({ records: store, clock: systemClock }),
    registered: createModelRegistry({ records: store, clock: systemClock }),
    prices: createCurrentPrices({ store, ...lakeObjects, clock: systemClock, onError }),
    resolveModel: createResolveModel(createProfileFile(join(folder.root, 'profiles.json'))),
  };
  const administration = {
    ...{ store, records: store, limits: store, secrets: folder.secrets, ...machine },
  };
  const statement = readFileSync(join(CHECKOUT, 'sql', 'me', 'tenant_usage.sql'), 'utf8');
  const usageOf = createTenantUsage({ ...lakeObjects, sql: lake.open, statement });
  const routes = [
    ...createGatewayRoutes(invoke),
    ...createMeRoutes({ administration, usageOf }),
    ...createAdminRoutes(administration),
  ];
  return [...routes, createOpenApiRoute(routes)];
}

/** The SQL engine, opened for the first question and not before. */
function openOnDemand({ lake }: DataFolder) {
  let engine: Promise<DuckDbEngine> | undefined;
  return {
    open: () => (engine ??= openLake(lake)),
    close: async () => {
      (await engine)?.close();
    },
  };
}

async function demoKey({ secrets }: DataFolder, store: SqliteStore): Promise<string> {
  const made = { store, random: systemRandom, clock: systemClock, actor: 'serve' };
  const demo = (await store.tenants()).find(({ name }) => name === 'demo');
  const tenant = demo ?? (await createAddTenant(made)('demo', null));
  await createRevokeKeys(made)(tenant.tenant);
  return (await createIssueKey({ ...made, secrets })(tenant)).text;
}
