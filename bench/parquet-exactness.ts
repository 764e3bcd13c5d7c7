import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { readFileSync } from 'node:fs';
import { asyncBufferFrom, rawRows } from './parquet-raw-reader.ts';
import type { TableSchema } from '../domain/lake.ts';
import { formatUsd, parseUsd } from '../domain/money.ts';
import { loadLite, parquetjsLite, WRITERS } from './parquet-writers.ts';
import type { RowsWriter } from './parquet-writers.ts';

/** Values that a ledger must keep to the last digit. */
const MONEY = [1n, 123_456_789_012_345_678n, -999_999_999_999_999_999n, 300_000_000_001n];
const COUNT = 2n ** 53n + 1n;
const INSTANT_MS = Date.UTC(2026, 1, 3, 23, 59, 59, 999);

const SCHEMA: TableSchema = {
  name: 'exactness',
  columns: [
    { name: 'money', type: 'call_money' },
    { name: 'tokens', type: 'count' },
    { name: 'at', type: 'instant' },
  ],
};

/** What became of the values on their way through a file and another reader. */
export interface Exactness {
  readonly writer: string;
  readonly moneyType: string;
  readonly moneyExact: string;
  readonly countExact: string;
  readonly ownReader: string;
}

const CANDIDATES: Readonly<Record<string, RowsWriter>> = {
  'hyparquet-writer, our sink': WRITERS['hyparquet-writer, our sink (ZSTD)']!,
  'parquetjs-lite, money as text': parquetjsLite('SNAPPY', 'UTF8'),
  'parquetjs-lite, money as double': parquetjsLite('SNAPPY', 'DOUBLE'),
  'DuckDB appender + COPY': WRITERS['DuckDB appender + COPY (ZSTD)']!,
};

/** Writes the hard values with every writer and reads them back: DuckDB for all, then its own reader. */
export async function exactness(folder: string): Promise<Exactness[]> {
  const found: Exactness[] = [];
  for (const [index, [writer, write]] of Object.entries(CANDIDATES).entries()) {
    const file = join(folder, `exactness-${index}.parquet`);
    const rows = MONEY.map((money) => ({ money, tokens: COUNT, at: INSTANT_MS }));
    await write({ schema: SCHEMA, chunks: [rows], file });
    const ownReader = await saying(() => ownReaderOf(writer)(file));
    found.push({ writer, ...(await readDuckDb(file)), ownReader });
  }
  return found;
}

async function readDuckDb(file: string): Promise<Omit<Exactness, 'writer' | 'ownReader'>> {
  const rows = await duckDbRows(
    `SELECT typeof(money) AS type, CAST(money AS VARCHAR) AS money, CAST(tokens AS VARCHAR) AS tokens FROM read_parquet('${file}')`,
  );
  const wrong = rows.find(({ money }, index) => !sameMoney(money ?? '', MONEY[index]));
  const tokens = rows[0]?.['tokens'] ?? '';
  const moneyType = rows[0]?.['type'] ?? '';
  const kept = moneyType === 'VARCHAR' ? 'yes, but no number' : 'yes';
  return {
    moneyType,
    moneyExact: wrong ? `no: ${wrong['money'] ?? 'null'}` : kept,
    countExact: tokens === String(COUNT) ? 'yes' : `no: ${tokens}`,
  };
}

async function duckDbRows(text: string): Promise<Record<string, string>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(text);
  const rows = reader.getRowObjectsJson() as Record<string, string>[];
  connection.closeSync();
  instance.closeSync();
  return rows;
}

function sameMoney(text: string, amount: bigint | undefined): boolean {
  try {
    return amount !== undefined && formatUsd(parseUsd(text)) === formatUsd(amount);
  } catch {
    return false;
  }
}

function ownReaderOf(writer: string): (file: string) => Promise<unknown> {
  if (writer.startsWith('parquetjs-lite')) return readLite;
  return writer.startsWith('DuckDB') ? readInstantInDuckDb : readHyparquet;
}

async function readInstantInDuckDb(file: string): Promise<unknown> {
  const [row] = await duckDbRows(`SELECT epoch_ms("at") AS "at" FROM read_parquet('${file}')`);
  return row?.['at'];
}

async function readLite(file: string): Promise<unknown> {
  const reader = await loadLite().ParquetReader.openFile(file);
  const row = await reader.getCursor().next();
  await reader.close();
  return row?.['at'];
}

async function readHyparquet(file: string): Promise<unknown> {
  const [row] = await rawRows(asyncBufferFrom(readFileSync(file)));
  return row?.['at'];
}

/** `yes` if the instant came back; what came instead, or the error, if not. */
async function saying(read: () => Promise<unknown>): Promise<string> {
  try {
    const value = await read();
    const ms = value instanceof Date ? value.getTime() : Number(value);
    return ms === INSTANT_MS ? 'yes' : `no: ${String(value)}`;
  } catch (error) {
    return `no: ${error instanceof Error ? error.message : String(error)}`;
  }
}
