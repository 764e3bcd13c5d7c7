import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { formatUsd, parseUsd } from '../../domain/money.ts';
import type { MadeJournal } from '../make-journal.ts';
import { peakRssBytes } from '../peak-rss.ts';

/** Reads a sealed lake as a stranger would and holds it against what was made: `check-lake.ts DIR`. */
const [root = ''] = process.argv.slice(2);
const made = JSON.parse(readFileSync(join(root, 'bench.json'), 'utf8')) as MadeJournal;
const { expected } = made;
const lake = join(root, 'lake');

const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await instance.connect();
const meters = Object.keys(expected.tokens);

async function one(text: string): Promise<Record<string, unknown>> {
  const reader = await connection.runAndReadAll(text);
  return reader.getRowObjectsJson()[0] ?? {};
}

const usage = await one(`
  SELECT count(*) AS row_count, count(DISTINCT id) AS ids, sum(cost) AS cost,
    ${meters.map((meter) => `CAST(sum(${meter}) AS VARCHAR) AS ${meter}`).join(', ')}
  FROM read_parquet('${join(lake, 'data', 'usage', '**', '*.parquet')}')`);
const charges = await one(
  `SELECT sum(amount) AS cost FROM read_parquet('${join(lake, 'data', 'charges', '**', '*.parquet')}')`,
);

const wanted: Record<string, string> = {
  ...{ row_count: String(expected.rows), ids: String(expected.rows) },
  ...{ cost: formatUsd(BigInt(expected.cost_pusd)) },
  ...expected.tokens,
};
for (const [name, value] of Object.entries(wanted)) {
  const got = String(usage[name]);
  const text = name === 'cost' ? formatUsd(parseUsd(got)) : got;
  if (text !== value) throw new Error(`usage ${name}: got ${text}, expected ${value}`);
}
const charged = formatUsd(parseUsd(String(charges['cost'])));
if (charged !== wanted['cost']) throw new Error(`charges: got ${charged}, not the rows' sum`);
const manifests = readdirSync(join(lake, 'manifests')).length;
if (manifests !== made.windows) throw new Error(`manifests: got ${manifests}, not ${made.windows}`);

function bytesUnder(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
}

process.stdout.write(
  `${JSON.stringify({
    usageBytes: bytesUnder(join(lake, 'data', 'usage')),
    archiveBytes: bytesUnder(join(lake, 'inputs')),
    rssBytes: peakRssBytes(),
  })}\n`,
);
