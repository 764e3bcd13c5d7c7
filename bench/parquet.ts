import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runScript } from './child.ts';
import {
  machine,
  megabytes,
  ratioText,
  short,
  spreadOf,
  tableText,
  writeFigures,
} from './figures.ts';
import { exactness } from './parquet-exactness.ts';
import type { Exactness } from './parquet-exactness.ts';
import { WRITERS } from './parquet-writers.ts';

const HELP = `Usage: node bench/parquet.ts [options]

Our sink over hyparquet-writer against parquetjs-lite and DuckDB's COPY, the same rows of the usage
table, each in a fresh process; the making of the rows is not counted. Then: which of them keeps money,
2^53+1 and instants exactly. The evidence of docs/adr/0001-hyparquet-writer.md.

  --rows N      rows of one file (default 200000)
  --rounds N    runs of each writer (default 3)
  --json FILE   write the figures as JSON
`;

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** What one writer came to; one entry a round. */
interface WriterFigures {
  readonly writer: string;
  readonly seconds: number[];
  bytes: number;
  rssBytes: number;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-bench-parquet-'));
  try {
    const baseline = await runScript('peers/write-parquet.ts', ['rows only', options.rows]);
    const figures = Object.keys(WRITERS).map((writer): WriterFigures => ({
      writer,
      seconds: [],
      bytes: 0,
      rssBytes: 0,
    }));
    for (let round = 0; round < Number(options.rounds); round += 1) {
      for (const one of figures) await measure(one, folder);
    }
    const exact = await exactness(folder);
    process.stdout.write(speedText(figures, baseline.rssBytes));
    process.stdout.write(exactnessText(exact));
    const rows = Number(options.rows);
    writeFigures(options.json, { machine: machine(), rows, figures, exactness: exact });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(figures: WriterFigures, folder: string): Promise<void> {
  const args = [figures.writer, options.rows, join(folder, 'rows.parquet')];
  const { report, rssBytes } = await runScript('peers/write-parquet.ts', args);
  figures.seconds.push(Number(report['writingSeconds']));
  figures.bytes = Number(report['bytes']);
  figures.rssBytes = Math.max(figures.rssBytes, rssBytes);
  process.stderr.write(`${figures.writer}: ${short(figures.seconds.at(-1) ?? 0)} s\n`);
}

function speedText(figures: readonly WriterFigures[], rowsOnly: number): string {
  const lite = figures.find(({ writer }) => writer.startsWith('parquetjs-lite'));
  if (!lite) throw new Error('parquet: parquetjs-lite did not run');
  const lines = figures.map(({ writer, seconds, bytes, rssBytes }) => [
    writer,
    ratioText(spreadOf(seconds.map((own, round) => (lite.seconds[round] ?? NaN) / own))),
    `${short(bytes / lite.bytes)}×`,
    short(bytes / Number(options.rows)),
    megabytes(rssBytes),
  ]);
  const head = ['writer', 'rows/s', 'file', 'bytes/row', 'peak RSS'];
  const title = `\n${options.rows} usage rows; ratios to ${lite.writer}; the rows alone take ${megabytes(rowsOnly)}\n`;
  return `${title}${tableText(head, lines)}`;
}

function exactnessText(found: readonly Exactness[]): string {
  const lines = found.map(({ writer, moneyType, moneyExact, countExact, ownReader }) => [
    ...[writer, moneyType, moneyExact, countExact, ownReader],
  ]);
  const head = [
    'writer',
    'money as DuckDB reads it',
    'money exact',
    '2^53+1',
    'own reader: instant',
  ];
  return `\nWhat comes back (2^53+1 is ${2n ** 53n + 1n})\n${tableText(head, lines)}`;
}

if (options.help) process.stdout.write(HELP);
else await main();
