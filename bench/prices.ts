/**
 * How long a price book takes, and how much memory: offers parsed, every row read, keyed and priced, the
 * book encoded. Beside `JSON.parse` of the same text, which is the least that any reader must do.
 */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { REGION_OF_PREFIX } from '../pricing/regions.ts';
import { runScript } from './child.ts';
import type { Run } from './child.ts';
import {
  machine,
  megabytes,
  ratioText,
  short,
  spreadOf,
  tableText,
  writeFigures,
} from './figures.ts';

const RECORDED = join(import.meta.dirname, '..', 'fixtures', 'get-products');
const { values } = parseArgs({ options: { rounds: { type: 'string' }, json: { type: 'string' } } });
const ROUNDS = Number(values.rounds ?? '5');

/** The recorded pages once for every Region, as large as AWS's whole Bedrock offers or larger. */
function writeEveryRegion(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(RECORDED).filter((name) => name.endsWith('.json'));
  for (const [prefix, region] of REGION_OF_PREFIX) {
    for (const name of names) {
      const text = readFileSync(join(RECORDED, name), 'utf8')
        .replaceAll('us-east-1', region)
        .replaceAll('USE1', prefix)
        // A SKU is of one Region: sixteen characters, the last ones its prefix.
        .replaceAll(
          /\b([A-Z0-9]{10})[A-Z0-9]{6}(?=[.\\"])/g,
          (_, head: string) => `${head}${prefix.padEnd(6, 'Z')}`,
        );
      writeFileSync(join(folder, name.replace('us-east-1', region)), text);
    }
  }
}

function bytesIn(folder: string): number {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

async function measure(folder: string) {
  const runs: { parse: Run; build: Run }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const parse = await runScript('price-build.ts', ['parse', folder]);
    runs.push({ parse, build: await runScript('price-build.ts', ['build', folder]) });
  }
  const seconds = ({ report }: Run) => Number(report['seconds']);
  return {
    rows: Number(runs[0]?.build.report['rows']),
    bytes: bytesIn(folder),
    seconds: spreadOf(runs.map(({ build }) => seconds(build))),
    time: spreadOf(runs.map(({ parse, build }) => seconds(build) / seconds(parse))),
    rss: spreadOf(runs.map(({ build }) => build.rssBytes)),
    memory: spreadOf(runs.map(({ parse, build }) => build.rssBytes / parse.rssBytes)),
  };
}

const root = mkdtempSync(join(tmpdir(), 'tollbook-prices-'));
try {
  const regions = join(root, 'regions');
  writeEveryRegion(regions);
  const figures = { recorded: await measure(RECORDED), synthetic: await measure(regions) };
  const rows = Object.entries(figures).map(([name, { rows: count, bytes, ...of }]) => [
    ...[name, String(count), megabytes(bytes), `${short(of.seconds.median)} s`],
    ...[ratioText(of.time), megabytes(of.rss.median), ratioText(of.memory)],
  ]);
  const head = [
    'pages',
    'rows',
    'text',
    'time',
    'against JSON.parse',
    'memory',
    'against JSON.parse',
  ];
  process.stdout.write(tableText(head, rows));
  writeFigures(values.json, { machine: machine(), rounds: ROUNDS, ...figures });
} finally {
  rmSync(root, { recursive: true, force: true });
}
