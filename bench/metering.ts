import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine, writeFigures } from './figures.ts';
import { measureSize } from './metering-rounds.ts';
import type { SizeFigures } from './metering-rounds.ts';
import { memoryTable, speedTable } from './metering-tables.ts';
import { measurePrices, priceTable } from './price-figures.ts';
import { profileSize } from './profile.ts';
import { pythonOf } from './python.ts';

const HELP = `Usage: node bench/metering.ts [options]

Meters an invented day, journal to sealed lake with everything in between, against pandas doing the
ancestor's job on the same events and against DuckDB writing the same rows sorted and without copies.
Last, price offers made into a book, against JSON.parse and Python's json over the same text.
Every run is a fresh process; peers take turns; medians are printed, as ratios.

  --rows N,N      calls of the day (default 100000,1000000)
  --large         5000000 calls too
  --rounds N      runs of each peer (default 3)
  --workers N     worker threads of metering (default 2)
  --profile       instead: where the time goes, by state
  --cpu-profile   with --profile: by function too
  --data DIR      keep the made journals in DIR and use those that are there
  --json FILE     write the figures as JSON
`;

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000,1000000' },
    large: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    workers: { type: 'string', default: '2' },
    profile: { type: 'boolean', default: false },
    'cpu-profile': { type: 'boolean', default: false },
    data: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

function wholeNumbers(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (!numbers.every((number) => Number.isSafeInteger(number) && number > 0)) {
    throw new RangeError(`got ${text}, expected whole numbers above zero, separated by commas`);
  }
  return numbers;
}

async function main(): Promise<void> {
  const sizes = [...wholeNumbers(options.rows), ...(options.large ? [5_000_000] : [])];
  const [rounds = 3] = wholeNumbers(options.rounds);
  const folder = options.data ?? mkdtempSync(join(tmpdir(), 'tollbook-bench-'));
  try {
    if (options.profile) {
      for (const rows of sizes) {
        const wanted = { folder, rows, cpu: options['cpu-profile'], tell };
        process.stdout.write(await profileSize(wanted));
      }
      return;
    }
    const python = pythonOf(tell);
    const figures: SizeFigures[] = [];
    for (const rows of sizes) {
      const wanted = { folder, rows, rounds, workers: options.workers, python, tell };
      figures.push(await measureSize(wanted));
    }
    process.stdout.write(speedTable(figures));
    process.stdout.write(memoryTable(figures));
    const prices = await measurePrices(rounds, tell);
    process.stdout.write(priceTable(prices));
    writeFigures(options.json, { machine: machine(), sizes: figures, prices });
  } finally {
    if (options.data === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

if (options.help) process.stdout.write(HELP);
else await main();
