import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFresh, runScript } from './child.ts';
import type { Run } from './child.ts';
import type { MadeJournal } from './make-journal.ts';
import { resetLake } from './reset-lake.ts';

/** Who takes part. */
export type Peer = 'tollbook' | 'pandas' | 'duckdb';

export interface Measured {
  readonly seconds: number;
  readonly rssBytes: number;
}

/** Everything measured at one number of rows. */
export interface SizeFigures {
  readonly rows: number;
  /** One entry a round; empty for a peer that is not there. */
  readonly runs: Readonly<Record<Peer, readonly Measured[]>>;
  readonly bytesPerRow: {
    readonly journal: number;
    readonly usage: number;
    readonly archive: number;
  };
  /** By how much pandas' sum in binary floating point misses the exact one, USD. */
  readonly pandasError: string | null;
}

export interface Wanted {
  /** Where made data folders are kept. */
  readonly folder: string;
  readonly rows: number;
  readonly rounds: number;
  readonly workers: string;
  readonly python: string | null;
  readonly tell: (text: string) => void;
}

const SEED = 'bench';

/** The data folder of one size; made if it is not there. */
export async function dataOf({ folder, rows, tell }: Pick<Wanted, 'folder' | 'rows' | 'tell'>) {
  const root = join(folder, `rows-${rows}`);
  if (!existsSync(join(root, 'bench.json'))) {
    tell(`${rows} rows: making the journal`);
    // A process of its own: what it holds would count as its children's memory.
    await runScript('make-journal.ts', [root, String(rows), SEED]);
  }
  const made = JSON.parse(readFileSync(join(root, 'bench.json'), 'utf8')) as MadeJournal;
  return { root, made };
}

/** Runs every peer `rounds` times, in turns, each time in a fresh process. */
export async function measureSize(wanted: Wanted): Promise<SizeFigures> {
  const { rows, rounds, tell } = wanted;
  const { root, made } = await dataOf(wanted);
  const peers = peersOf(root, wanted);
  const runs: Record<Peer, Measured[]> = { tollbook: [], pandas: [], duckdb: [] };
  let checked: Run['report'] = {};
  let pandasError: string | null = null;
  for (let round = 0; round < rounds; round += 1) {
    // Another one begins each round, so that none always runs on a warm or a tired machine.
    const turns = [...peers.slice(round % peers.length), ...peers.slice(0, round % peers.length)];
    for (const [peer, run] of turns) {
      const { seconds, rssBytes, report } = await run();
      tell(`${rows} rows, round ${round + 1}: ${peer} ${seconds.toFixed(2)} s`);
      runs[peer].push({ seconds, rssBytes });
      if (peer === 'tollbook') checked = (await runScript('peers/check-lake.ts', [root])).report;
      if (peer === 'pandas') pandasError = errorOf(report, made);
    }
  }
  const perRow = (bytes: unknown) => Number(bytes) / rows;
  const bytesPerRow = {
    journal: perRow(made.bytes),
    usage: perRow(checked['usageBytes']),
    archive: perRow(checked['archiveBytes']),
  };
  return { rows, runs, bytesPerRow, pandasError };
}

type Turn = readonly [Peer, () => Promise<Run>];

function peersOf(root: string, { workers, python }: Wanted): Turn[] {
  const [journal, prices] = [join(root, 'journal'), join(root, 'prices.json')];
  const turns: Turn[] = [
    [
      'tollbook',
      () => {
        resetLake(root);
        return runScript('peers/tollbook.ts', [root, workers]);
      },
    ],
    ['duckdb', () => runScript('peers/duckdb.ts', [journal, join(root, 'duckdb.parquet'), '2'])],
  ];
  if (python !== null) {
    const script = join(import.meta.dirname, 'peers', 'pandas_rows.py');
    const args = [script, journal, prices, join(root, 'pandas.parquet')];
    turns.push(['pandas', () => runFresh(python, args)]);
  }
  return turns;
}

/** The peer must have done the job too: the same rows, the same sum but for its rounding. */
function errorOf(report: Run['report'], { expected }: MadeJournal): string {
  const exact = Number(expected.cost_pusd) / 1e12;
  const error = Math.abs(Number(report['cost']) - exact);
  if (report['rows'] !== expected.rows || error > exact * 1e-9) {
    throw new Error(
      `pandas: got ${JSON.stringify(report)}, expected ${expected.rows} rows, ${exact}`,
    );
  }
  return error.toExponential(1);
}
