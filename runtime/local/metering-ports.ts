import { join } from 'node:path';
import type { Clock, Codec, LogQuery, TableCodec } from '../../handlers/ports.ts';
import type { Build } from '../../handlers/metering/window-result.ts';
import { readBuild } from '../node/build.ts';
import { readAuditStatements } from '../node/checkout.ts';
import { nodeCodec } from '../node/codec.ts';
import { createLineMac } from '../node/line-mac.ts';
import { parquetTables } from '../node/parquet-tables.ts';
import type { DataFolder } from './data-folder.ts';
import { duckDbOnDemand } from './lake/duckdb-engine.ts';
import { createFolderObjects } from './lake/folder-objects.ts';
import { createJournalQuery } from './journal/journal-query.ts';
import type { JournalQuerySettings } from './journal/journal-query.ts';
import { createManifestCatalog } from './lake/manifest-catalog.ts';
import { createSqliteStore } from './sqlite/sqlite-store.ts';
import { stderrNotifier } from './stderr-notifier.ts';

/** This checkout, from which workflows, SQL and fixtures are read. */
export const CHECKOUT = join(import.meta.dirname, '..', '..');

/** Settings of one machine's metering; tests make them small and mean. */
export interface MeteringSettings {
  readonly logs?: Partial<JournalQuerySettings>;
  /** Threads of the SQL engine. */
  readonly sqlThreads?: number;
}

let build: Build | undefined;

/** The build of this checkout; read once a process. */
export function currentBuild(): Build {
  return (build ??= readBuild(CHECKOUT));
}

/** What the threads of this process know of the journal; the process that made it removes it. */
export function keptIndexes({ lake }: DataFolder): string {
  return join(lake, 'work', 'journal', String(process.pid));
}

/** Every port that a metering state needs, over one data folder. Close it when done. */
export function openMeteringPorts(
  folder: DataFolder,
  clock: Clock,
  settings: MeteringSettings = {},
) {
  const catalog = createManifestCatalog(folder.lake);
  const threads = settings.sqlThreads ?? 1;
  const sql = duckDbOnDemand({ lake: folder.lake, catalog, threads });
  const store = createSqliteStore({ file: folder.store });
  const journal = createJournalQuery({
    ...{ folder: folder.journal, clock, settings: settings.logs ?? {} },
    kept: keptIndexes(folder),
  });
  return {
    clock,
    catalog,
    sql,
    store,
    logs: journal as LogQuery,
    journal,
    objects: createFolderObjects(folder.lake),
    checkpoints: createFolderObjects(folder.checkpoints, join(folder.lake, 'work', 'drafts')),
    codec: nodeCodec satisfies Codec,
    tables: parquetTables satisfies TableCodec,
    mac: createLineMac(folder.macKey),
    signer: folder.signer,
    notifier: stderrNotifier,
    audit: readAuditStatements(CHECKOUT),
    build: currentBuild(),
    identity: { ledger: folder.ledger, runner: `local ${process.version}` },
    close: () => {
      sql.close();
      store.close();
    },
  };
}

export type MeteringPorts = ReturnType<typeof openMeteringPorts>;
