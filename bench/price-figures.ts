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
import { REGION_OF_LOCATION, REGION_OF_PREFIX } from '../pricing/regions.ts';
import { runFresh, runScript } from './child.ts';
import type { Run } from './child.ts';
import { megabytes, ratioText, short, spreadOf, tableText } from './figures.ts';
import type { Spread } from './figures.ts';

/** How long a price book takes, and how much memory, over one set of pages. */
export interface PriceFigures {
  readonly rows: number;
  readonly bytes: number;
  readonly seconds: Spread;
  /** Peak of the process. */
  readonly rssBytes: Spread;
  /** Times as long and as large as a peer that only makes objects of the same text; null: not run. */
  readonly against: Readonly<Record<'node' | 'python', Ratios | null>>;
}

interface Ratios {
  readonly seconds: Spread;
  readonly rssBytes: Spread;
}

const RECORDED = join(import.meta.dirname, '..', 'fixtures', 'get-products');
const PYTHON_PEER = join(import.meta.dirname, 'peers', 'parse_prices.py');

/**
 * Offers parsed, every row read, keyed and priced, the book encoded: beside `JSON.parse` and Python's
 * `json` over the same text, which is the least that any reader must do. Fresh processes that take
 * turns.
 *
 * @param tell - is told why a peer is missing.
 */
export async function measurePrices(
  rounds: number,
  tell: (text: string) => void,
): Promise<Readonly<Record<'recorded' | 'synthetic', PriceFigures>>> {
  const root = mkdtempSync(join(tmpdir(), 'tollbook-prices-'));
  try {
    const regions = join(root, 'regions');
    writeEveryRegion(regions);
    const recorded = await measureFolder(RECORDED, rounds, tell);
    return { recorded, synthetic: await measureFolder(regions, rounds, tell) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What was measured, for stdout. */
export function priceTable(figures: Readonly<Record<string, PriceFigures>>): string {
  const head = [
    ...['pages', 'rows', 'text', 'time', '× JSON.parse', '× Python json'],
    ...['peak RSS', '× JSON.parse', '× Python json'],
  ];
  const rows = Object.entries(figures).map(([name, each]) => [
    ...[name, each.rows.toLocaleString('en-US'), megabytes(each.bytes)],
    `${short(each.seconds.median)} s`,
    ...[ratioOrNone(each.against.node?.seconds), ratioOrNone(each.against.python?.seconds)],
    megabytes(each.rssBytes.median),
    ...[ratioOrNone(each.against.node?.rssBytes), ratioOrNone(each.against.python?.rssBytes)],
  ]);
  return `\nPrice offers to a price book, against making objects of the same text (least–most)\n${tableText(head, rows)}`;
}

function ratioOrNone(spread: Spread | undefined): string {
  return spread ? ratioText(spread) : 'not run';
}

/** The recorded pages once for every Region, as large as AWS's whole Bedrock offers or larger. */
function writeEveryRegion(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(RECORDED).filter((name) => name.endsWith('.json'));
  const places = new Map([...REGION_OF_LOCATION].map(([place, region]) => [region, place]));
  for (const [prefix, region] of REGION_OF_PREFIX) {
    for (const name of names) {
      const text = readFileSync(join(RECORDED, name), 'utf8')
        .replaceAll('us-east-1', region)
        .replaceAll('USE1', prefix)
        .replaceAll('US East (N. Virginia)', places.get(region) ?? '')
        // A SKU is of one Region: sixteen characters, the last ones its prefix.
        .replaceAll(
          /\b([A-Z0-9]{10})[A-Z0-9]{6}(?=[.\\"])/g,
          (_, head: string) => `${head}${prefix.padEnd(6, 'Z')}`,
        );
      writeFileSync(join(folder, name.replace('us-east-1', region)), text);
    }
  }
}

async function measureFolder(
  folder: string,
  rounds: number,
  tell: (text: string) => void,
): Promise<PriceFigures> {
  const builds: Run[] = [];
  const peers: Record<'node' | 'python', Run[]> = { node: [], python: [] };
  for (let round = 0; round < rounds; round += 1) {
    peers.node.push(await runScript('price-build.ts', ['parse', folder]));
    builds.push(await runScript('price-build.ts', ['build', folder]));
    const python = await runPython(folder, tell);
    if (python) peers.python.push(python);
  }
  return {
    rows: Number(builds[0]?.report['rows']),
    bytes: bytesIn(folder),
    seconds: spreadOf(builds.map(secondsOf)),
    rssBytes: spreadOf(builds.map(({ rssBytes }) => rssBytes)),
    against: {
      node: ratiosOf(builds, peers.node),
      python: ratiosOf(builds, peers.python),
    },
  };
}

async function runPython(folder: string, tell: (text: string) => void): Promise<Run | null> {
  try {
    return await runFresh('python3', [PYTHON_PEER, folder]);
  } catch (error) {
    tell(
      `prices: Python is not measured: ${error instanceof Error ? error.message : String(error)}`,
    );
    return null;
  }
}

function ratiosOf(builds: readonly Run[], peer: readonly Run[]): Ratios | null {
  if (peer.length < builds.length) return null;
  const against = (of: (run: Run) => number) =>
    spreadOf(builds.flatMap((build, round) => (peer[round] ? [of(build) / of(peer[round])] : [])));
  return { seconds: against(secondsOf), rssBytes: against(({ rssBytes }) => rssBytes) };
}

/** Without the start of a process. */
function secondsOf({ report }: Run): number {
  return Number(report['seconds']);
}

function bytesIn(folder: string): number {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
