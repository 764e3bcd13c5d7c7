import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { createSqliteStore } from '../runtime/local/sqlite/sqlite-store.ts';
import { short, writeFigures } from './figures.ts';
import { askOpenly } from './gateway/open-model.ts';
import type { Asked } from './gateway/open-model.ts';
import { memoryBytes, startProgram } from './gateway/program.ts';
import type { Program } from './gateway/program.ts';
import { quantile } from './gateway/rounds.ts';
import { countLines, reservationsOf } from './gateway/conservation.ts';

const HELP = `Usage: node bench/load.ts [options]

Calls that arrive whether or not earlier ones were answered, against \`tollbook serve\` over a simulated
Bedrock that takes its time; then counts what each of them saw.

  --minutes N   how long (default 10)
  --rate N      calls a second (default 400)
  --model-ms N  what an answer of the model takes (default 300)
  --json FILE   write the figures as JSON
`;

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '400' },
    'model-ms': { type: 'string', default: '300' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const MEGABYTE = 1_048_576;
const TOLLBOOK = join(import.meta.dirname, '../bin/tollbook.ts');

function startTollbook(...args: readonly string[]): Promise<Program> {
  const line = [TOLLBOOK, ...args, '--json'];
  return startProgram({ command: process.execPath, args: line, core: 'any' });
}

interface Outcome {
  readonly asked: Asked;
  readonly peakBytes: number;
  readonly seen: number;
  readonly lines: number;
  readonly suspense: number;
}

async function run(data: string, modelMs: number): Promise<Outcome> {
  const bedrock = await startTollbook('simulate-bedrock', '--answer-ms', String(modelMs));
  const endpoint = String(bedrock.told['endpoint']);
  const serve = ['serve', '--data', data, '--port', '0', '--upstream', endpoint];
  const gateway = await startTollbook(...serve);
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, memoryBytes(gateway.pid));
  }, 1_000);
  try {
    const asked = await askOpenly({
      address: String(gateway.told['address']),
      key: String(gateway.told['key']),
      perSecond: Number(options.rate),
      seconds: Number(options.minutes) * 60,
    });
    await gateway.stop();
    const counters = (await (await fetch(`${endpoint}/__counters`)).json()) as { calls: number };
    const store = createSqliteStore({ file: join(data, 'store.sqlite') });
    const { suspense } = await reservationsOf(store);
    store.close();
    const lines = countLines(join(data, 'journal'));
    return { asked, peakBytes, seen: counters.calls, lines, suspense };
  } finally {
    clearInterval(watch);
    await gateway.stop();
    await bedrock.stop();
  }
}

function report({ asked, peakBytes, seen, lines, suspense }: Outcome, modelMs: number): string {
  const p99Ms = quantile(asked.latencyMs, 0.99) - modelMs;
  const megabytes = peakBytes / MEGABYTE;
  const conserved = `${seen} seen, ${lines} lines + ${suspense} in suspense`;
  const targets: readonly (readonly [string, string, boolean])[] = [
    ['errors: 0', String(asked.errors), asked.errors === 0],
    ['calls seen by the model = usage lines + suspense', conserved, seen === lines + suspense],
    ['added p99 at most 60 ms', `${short(p99Ms)} ms`, p99Ms <= 60],
    ['memory at most 256 MB', `${short(megabytes)} MB`, megabytes <= 256],
  ];
  const rows = targets.map(
    ([wanted, got, met]) => `${met ? 'met   ' : 'MISSED'}  ${wanted}: ${got}`,
  );
  const added = [0.5, 0.9, 0.99, 0.999].map(
    (part) => `p${part * 100} ${short(quantile(asked.latencyMs, part) - modelMs)}`,
  );
  const rate = `${asked.latencyMs.length} answers, ${short(asked.latencyMs.length / asked.seconds)} a second`;
  return `${[rate, `added latency, ms: ${added.join(', ')}`, ...rows].join('\n')}\n`;
}

async function main(): Promise<void> {
  const modelMs = Number(options['model-ms']);
  const data = mkdtempSync(join(tmpdir(), 'tollbook-bench-load-'));
  const startedMs = performance.now();
  try {
    const outcome = await run(data, modelMs);
    process.stdout.write(report(outcome, modelMs));
    const { asked, ...counts } = outcome;
    const seconds = (performance.now() - startedMs) / 1000;
    writeFigures(options.json, { ...counts, errors: asked.errors, seconds });
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

if (options.help) process.stdout.write(HELP);
else await main();
