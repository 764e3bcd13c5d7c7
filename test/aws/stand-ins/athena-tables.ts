import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AUDITED_TABLES, PARTITION_KEYS, PRICES_TABLE, TABLES } from '../../../domain/lake.ts';
import type { TableSchema } from '../../../domain/lake.ts';
import { quoteText } from '../../../runtime/node/statement-values.ts';
import type { LocalCatalog } from '../../../runtime/local/lake/manifest-catalog.ts';

/** Files that a table shows under one value of each partition key, as the catalogue has it. */
export interface TablePartition {
  /** `dt`, `hour`, `run`; none for a table without partitions. */
  readonly values: readonly string[];
  /** Paths on this machine. */
  readonly files: readonly string[];
}

/** A table as Glue registers it. */
export interface RegisteredTable {
  readonly database: string;
  readonly name: string;
  readonly schema: TableSchema;
  readonly partitions: readonly TablePartition[];
}

/** What the stand-in of Athena sees, asked anew for every statement. */
export type RegisteredTables = () => Promise<readonly RegisteredTable[]>;

/** A table's name and schema in either database. */
export const PUBLISHED_TABLES: readonly TableSchema[] = [...TABLES, PRICES_TABLE];
export const CANDIDATE_TABLES = AUDITED_TABLES.map((schema) => {
  return { name: `candidate_${schema.name}`, schema };
});

const RUN_FOLDER = /\/dt=([^/]+)\/hour=([^/]+)\/run=([^/]+)\//;

/** The tables of a lake folder: what its manifests seal, and its candidates, in two databases. */
export function tablesOfFolder(
  lake: string,
  catalog: LocalCatalog,
  databases: { readonly database: string; readonly candidateDatabase: string },
): RegisteredTables {
  const partitioned = (paths: readonly string[]) =>
    paths.map((path) => {
      const [, ...values] = RUN_FOLDER.exec(path) ?? [];
      return { values, files: [join(lake, path)] };
    });

  return () => {
    const { database, candidateDatabase } = databases;
    const sealed = TABLES.map((schema) => {
      const partitions = partitioned(catalog.sealedFiles(schema.name));
      return { database, name: schema.name, schema, partitions };
    });
    const candidates = CANDIDATE_TABLES.map(({ name, schema }) => {
      const partitions = partitioned(catalog.candidateFiles(schema.name));
      return { database: candidateDatabase, name, schema, partitions };
    });
    const partitions = [{ values: [], files: priceFiles(join(lake, 'prices', 'tables')) }];
    const prices = { database, name: PRICES_TABLE.name, schema: PRICES_TABLE, partitions };
    return Promise.resolve([...sealed, ...candidates, prices]);
  };
}

function priceFiles(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw error;
  }
}

const SQL_TYPES = {
  ...{ text: 'VARCHAR', count: 'BIGINT', boolean: 'BOOLEAN', instant: 'TIMESTAMP' },
  ...{ call_money: 'DECIMAL(18, 12)', money: 'DECIMAL(38, 12)' },
} as const;

/** The table as a view: each partition's values come from the catalogue, not from a path. */
export function viewText({ database, name, schema, partitions }: RegisteredTable): string {
  const keys = schema === PRICES_TABLE ? [] : PARTITION_KEYS;
  const nothing = [
    ...schema.columns.map((column) => `CAST(NULL AS ${SQL_TYPES[column.type]}) AS ${column.name}`),
    ...keys.map((key) => `CAST(NULL AS VARCHAR) AS ${key}`),
  ];
  const columns = schema.columns.map((column) =>
    column.type === 'instant' ? `${column.name} AT TIME ZONE 'UTC' AS ${column.name}` : column.name,
  );
  const selects = partitions
    .filter(({ files }) => files.length > 0)
    .map(({ values, files }) => {
      const fixed = keys.map((key, at) => `${quoteText(values[at] ?? '')} AS ${key}`);
      const list = files.map(quoteText).join(', ');
      const source = `read_parquet([${list}], hive_partitioning = false)`;
      return `SELECT ${[...columns, ...fixed].join(', ')} FROM ${source}`;
    });
  const text = [`SELECT ${nothing.join(', ')} WHERE false`, ...selects].join(' UNION ALL ');
  return `CREATE OR REPLACE VIEW "${database}"."${name}" AS ${text}`;
}
