import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { ATHENA_MACROS } from '../../../runtime/local/lake/athena-macros.ts';
import { cellText } from '../../../runtime/local/lake/result.ts';
import { viewText } from './athena-tables.ts';
import type { RegisteredTables } from './athena-tables.ts';

/** A statement's answer, values as Athena writes them. */
export interface AthenaAnswer {
  readonly names: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** What evaluates the statements behind Athena's protocol. */
export interface AthenaEvaluator {
  /** Runs a statement; names without a database are looked up in `database` alone. */
  run(sql: string, database: string): Promise<AthenaAnswer>;
  close(): void;
}

/** DuckDB over registered tables, a schema for each database. */
export async function openAthenaDuckDb(tables: RegisteredTables): Promise<AthenaEvaluator> {
  const instance = await DuckDBInstance.create(':memory:', {
    ...{ threads: '1', memory_limit: '512MB', autoinstall_known_extensions: 'false' },
    temp_directory: join(tmpdir(), `tollbook-athena-${process.pid}`),
    enable_external_file_cache: 'false',
  });
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  for (const macro of ATHENA_MACROS) await connection.run(macro);
  let last: Promise<unknown> = Promise.resolve();

  async function answer(sql: string, database: string): Promise<AthenaAnswer> {
    for (const table of await tables()) {
      await connection.run(`CREATE SCHEMA IF NOT EXISTS "${table.database}"`);
      await connection.run(viewText(table));
    }
    await connection.run(`USE "${database}"`);
    const reader = await connection.runAndReadAll(sql);
    const types = reader.columnTypes().map(String);
    const rows = reader
      .getRowsJson()
      .map((row) => row.map((value, column) => athenaText(value, types[column] ?? '')));
    return { names: reader.deduplicatedColumnNames(), rows };
  }

  return {
    run: (sql, database) => {
      const turn = last.then(() => answer(sql, database));
      last = turn.catch(() => undefined);
      return turn;
    },
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Athena writes a timestamp with three decimals of a second, always. */
function athenaText(value: unknown, type: string): string | null {
  const text = cellText(value);
  if (text === null || !type.startsWith('TIMESTAMP')) return text;
  const [whole = '', fraction = ''] = text.split('.');
  return `${whole}.${fraction.slice(0, 3).padEnd(3, '0')}`;
}
