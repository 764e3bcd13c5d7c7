import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { AUDITED_TABLES, PARTITION_KEYS, PRICES_TABLE, TABLES } from '../../../domain/lake.ts';
import type { Column, TableSchema } from '../../../domain/lake.ts';
import type { QueryEngine, SqlRow } from '../../../handlers/ports.ts';
import { bindValues, quoteText } from '../../node/statement-values.ts';
import type { LocalCatalog } from './manifest-catalog.ts';
import { cellText } from './result.ts';
import { ATHENA_MACROS } from './athena-macros.ts';

export interface DuckDbOptions {
  readonly lake: string;
  readonly catalog: LocalCatalog;
  readonly threads: number;
  /** Analysts' views by name, as statements over the tables. */
  readonly questions?: ReadonlyMap<string, string>;
  readonly memoryMb?: number;
}

/** DuckDB over the lake, with the connection for those who want typed results. */
export interface DuckDbEngine extends QueryEngine {
  /** A connection on which every view that the statement names exists. */
  connect(sql: string): Promise<DuckDBConnection>;
  close(): void;
}

function mentions(sql: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`, 'i').test(sql);
}

interface View {
  readonly name: string;
  readonly schema: TableSchema;
  readonly files: () => readonly string[];
  /** Files lie in `dt=/hour=/run=` folders, which become text columns. */
  readonly partitioned: boolean;
}

/** Athena's stand-in on one machine: the same SQL, over views made from the manifests. */
export async function openDuckDb(options: DuckDbOptions): Promise<DuckDbEngine> {
  // Seventy megabytes of code, loaded with the first engine: a gateway is seldom asked anything.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    memory_limit: `${options.memoryMb ?? 512}MB`,
    temp_directory: join(tmpdir(), `tollbook-duckdb-${process.pid}`),
    // A file replaced in place must never be answered from memory: tampering is what we look for.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  for (const macro of ATHENA_MACROS) await connection.run(macro);
  const views = viewsOf(options);

  async function connect(sql: string): Promise<DuckDBConnection> {
    for (const [name, statement] of options.questions ?? []) {
      if (!mentions(sql, name)) continue;
      await connect(statement);
      await connection.run(`CREATE OR REPLACE TEMP VIEW ${name} AS ${statement}`);
    }
    for (const view of views) {
      if (mentions(sql, view.name)) await connection.run(viewText(options, view));
    }
    return connection;
  }

  let last: Promise<unknown> = Promise.resolve();

  /** One statement at a time: another one's views must not change under it. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  }

  return {
    connect,
    rows: (sql, values) =>
      inTurn(async () => {
        const text = bindValues(sql, values);
        const reader = await (await connect(text)).runAndReadAll(text);
        return reader.getRowObjectsJson().map(asTexts);
      }),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** An engine that is opened for its first question, and not before. */
export function duckDbOnDemand(options: DuckDbOptions): QueryEngine & { close(): void } {
  let engine: Promise<DuckDbEngine> | undefined;
  return {
    rows: async (sql, values) => (await (engine ??= openDuckDb(options))).rows(sql, values),
    close: () => {
      // Whoever asked was told if it could not be opened.
      engine?.then(
        (opened) => {
          opened.close();
        },
        () => undefined,
      );
    },
  };
}

function viewsOf({ lake, catalog }: DuckDbOptions): readonly View[] {
  const sealed = TABLES.map((schema): View => {
    const { name } = schema;
    return { name, schema, partitioned: true, files: () => catalog.sealedFiles(name) };
  });
  const candidates = AUDITED_TABLES.map((schema): View => {
    const files = () => catalog.candidateFiles(schema.name);
    return { name: `candidate_${schema.name}`, schema, partitioned: true, files };
  });
  const files = () => priceFiles(lake);
  return [
    ...sealed,
    ...candidates,
    { name: 'prices', schema: PRICES_TABLE, partitioned: false, files },
  ];
}

function priceFiles(lake: string): string[] {
  try {
    const names = readdirSync(join(lake, 'prices', 'tables')).sort();
    return names.filter((name) => name.endsWith('.parquet')).map((name) => `prices/tables/${name}`);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw error;
  }
}

function viewText({ lake }: DuckDbOptions, { name, schema, files, partitioned }: View): string {
  const paths = files();
  const partitions = partitioned ? PARTITION_KEYS : [];
  if (paths.length === 0) {
    const columns = [
      ...schema.columns.map((column) => `CAST(NULL AS ${sqlType(column)}) AS ${column.name}`),
      ...partitions.map((column) => `CAST(NULL AS VARCHAR) AS ${column}`),
    ];
    return `CREATE OR REPLACE TEMP VIEW ${name} AS SELECT ${columns.join(', ')} WHERE false`;
  }
  const columns = [
    // Naive UTC, as Athena's `timestamp` is, whatever the session's zone; by its number, as the way
    // through calendars took a third of an audit's time.
    ...schema.columns.map(({ name: column, type }) =>
      type === 'instant' ? `make_timestamp(epoch_us(${column})) AS ${column}` : column,
    ),
    ...partitions,
  ];
  const list = paths.map((path) => quoteText(join(lake, path))).join(', ');
  const hive = `hive_partitioning = ${partitioned}, hive_types_autocast = false`;
  return `CREATE OR REPLACE TEMP VIEW ${name} AS SELECT ${columns.join(', ')} FROM read_parquet([${list}], ${hive})`;
}

function sqlType({ type }: Column): string {
  switch (type) {
    case 'text':
      return 'VARCHAR';
    case 'count':
      return 'BIGINT';
    case 'boolean':
      return 'BOOLEAN';
    case 'instant':
      return 'TIMESTAMP';
    case 'call_money':
      return 'DECIMAL(18, 12)';
    case 'money':
      return 'DECIMAL(38, 12)';
  }
}

function asTexts(row: Record<string, unknown>): SqlRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellText(value)]));
}
