import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hiveColumns } from '../../../domain/hive-columns.ts';
import { PARTITION_KEYS, PRICES_TABLE } from '../../../domain/lake.ts';
import { quoteText } from '../../../runtime/node/statement-values.ts';
import type { AthenaEvaluator } from '../../aws/stand-ins/athena-duckdb.ts';
import type { RegisteredTable, RegisteredTables } from '../../aws/stand-ins/athena-tables.ts';
import type { TrinoClient } from './client.ts';

/** What Trino calls the types of Hive whose names it does not share. */
const TRINO_TYPES: Readonly<Record<string, string>> = { string: 'varchar', timestamp: 'timestamp' };

/**
 * Trino over registered tables, as Glue would show them to Athena: a schema for each database, and of
 * each table the partitions that are registered when a statement comes.
 *
 * @param lake - Where files of tables without partitions lie.
 */
export function createTrinoTables(
  client: TrinoClient,
  tables: RegisteredTables,
  lake: string,
): AthenaEvaluator & { readonly register: () => Promise<void> } {
  /** `CALL` arguments of the partitions that Trino shows, by table. */
  const shown = new Map<string, Map<string, string>>();

  async function define(table: RegisteredTable): Promise<Map<string, string>> {
    const { database, name } = table;
    const key = `${database}.${name}`;
    const known = shown.get(key);
    if (known) return known;
    await client.ask(`CREATE SCHEMA IF NOT EXISTS ${database}`);
    await client.ask(tableText(table, lake));
    const partitions = new Map<string, string>();
    shown.set(key, partitions);
    return partitions;
  }

  async function registerTable(table: RegisteredTable): Promise<void> {
    const partitions = await define(table);
    if (table.schema === PRICES_TABLE) return;
    const wanted = new Map(table.partitions.map(({ values, files }) => [values.join('/'), files]));
    for (const [values, known] of partitions) {
      if (wanted.has(values)) continue;
      await client.ask(`CALL system.unregister_partition(${known})`);
      partitions.delete(values);
    }
    for (const [values, files] of wanted) {
      if (partitions.has(values)) continue;
      const known = partitionText(table, values.split('/'));
      const place = quoteText(`file://${dirname(files[0] ?? '')}`);
      await client.ask(`CALL system.register_partition(${known}, ${place})`);
      partitions.set(values, known);
    }
  }

  async function register(): Promise<void> {
    for (const table of await tables()) await registerTable(table);
  }

  let last: Promise<unknown> = Promise.resolve();
  return {
    register,
    run: (sql, database) => {
      const turn = last.then(async () => {
        await register();
        const { columns, rows } = await client.ask(sql, database);
        return { names: columns.map(({ name }) => name), rows };
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    close: () => undefined,
  };
}

function tableText({ database, name, schema }: RegisteredTable, lake: string): string {
  const partitioned = schema !== PRICES_TABLE;
  const keys = partitioned ? PARTITION_KEYS.map((key) => `"${key}" varchar`) : [];
  const columns = hiveColumns(schema).map((column) => {
    return `"${column.name}" ${TRINO_TYPES[column.type] ?? column.type}`;
  });
  const folder = join(lake, ...(partitioned ? ['data', schema.name] : ['prices', 'tables']));
  // A table has to be somewhere, also before its first file is.
  mkdirSync(folder, { recursive: true });
  const settings = [
    ...["format = 'PARQUET'", `external_location = ${quoteText(`file://${folder}`)}`],
    ...(partitioned ? [`partitioned_by = ARRAY[${PARTITION_KEYS.map(quoteText).join(', ')}]`] : []),
  ];
  return `CREATE TABLE ${database}.${name} (${[...columns, ...keys].join(', ')})
    WITH (${settings.join(', ')})`;
}

function partitionText({ database, name }: RegisteredTable, values: readonly string[]): string {
  const [keys, texts] = [PARTITION_KEYS, values].map((list) => list.map(quoteText).join(', '));
  return `${quoteText(database)}, ${quoteText(name)}, ARRAY[${keys ?? ''}], ARRAY[${texts ?? ''}]`;
}
