import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { peakRssBytes } from '../peak-rss.ts';

/**
 * DuckDB in one statement: lines in, no copies, sorted, ZSTD Parquet out. It neither checks a MAC nor
 * prices nor proves anything. `duckdb.ts JOURNAL_FOLDER OUT_PARQUET THREADS`.
 */
const [journal = '', out = '', threads = '2'] = process.argv.slice(2);

const TEXTS =
  'id tenant cost_center key project api model_requested model scope region tier mode latency_class context outcome usage_source upstream_id';
const COUNTS =
  'attempt admitted_ms status settled_ms latency_ms first_byte_ms input cache_read cache_write_5m cache_write_1h output';
const columns = [
  ...TEXTS.split(' ').map((name) => `${name}: 'VARCHAR'`),
  ...COUNTS.split(' ').map((name) => `${name}: 'BIGINT'`),
  `stream: 'BOOLEAN'`,
  `reserved: 'DECIMAL(18,12)'`,
].join(', ');

const instance = await DuckDBInstance.create(':memory:', { threads });
const connection = await instance.connect();
await connection.run(`
  COPY (
    SELECT DISTINCT ON (id, attempt) *
    FROM read_json('${join(journal, '*.jsonl')}', format = 'newline_delimited', columns = {${columns}})
    ORDER BY id, attempt
  ) TO '${out}' (FORMAT parquet, COMPRESSION zstd)`);
connection.closeSync();
instance.closeSync();
process.stdout.write(`${JSON.stringify({ rssBytes: peakRssBytes() })}\n`);
