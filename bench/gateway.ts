import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { machine, short, writeFigures } from './figures.ts';
import { OTHER_CORE, startContestants, startUpstream } from './gateway/contestants.ts';
import type { Contestant } from './gateway/contestants.ts';
import { generate } from './gateway/generator.ts';
import { pin } from './gateway/program.ts';
import { measure } from './gateway/rounds.ts';
import type { Figures } from './gateway/rounds.ts';
import { gatewayTables } from './gateway/tables.ts';

const HELP = `Usage: node bench/gateway.ts [options]

Requests per second, CPU, latency and memory of gateways between the same generator and the same model
in no time: nothing between, a bare node:http proxy, Portkey's gateway, LiteLLM's proxy, and Tollbook in
three modes. One run, everybody in turn; gateways on one core, generator and model on the other.

  --rounds N       rounds (default 3)
  --seconds N      of load for each in each round (default 3)
  --connections N  of the load (default 32)
  --json FILE      write the figures as JSON
`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Milliseconds that this disk takes to keep 500 bytes, the middle of many. */
function flushMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-bench-flush-'));
  const fd = openSync(join(folder, 'file'), 'w');
  const times = Array.from({ length: 101 }, () => {
    const startedMs = performance.now();
    writeSync(fd, Buffer.alloc(500));
    fdatasyncSync(fd);
    return performance.now() - startedMs;
  });
  closeSync(fd);
  rmSync(folder, { recursive: true });
  return times.sort((a, b) => a - b)[50] ?? 0;
}

/** Nobody is measured while it answers with errors, or cold. */
async function warm({ name, port, request }: Contestant): Promise<void> {
  for (const stream of [false, true]) {
    const load = { port, request: request(stream), connections: 8, seconds: 2 };
    const { errors, requests } = await generate(load);
    if (errors === 0 && requests > 0) continue;
    throw new Error(`${name}: got ${errors} errors and ${requests} answers, expected answers only`);
  }
}

async function main(): Promise<void> {
  if (!pin(process.pid, OTHER_CORE)) tell('no taskset here: programs share the cores as they like');
  const upstream = await startUpstream();
  const contestants = await startContestants(upstream, tell);
  try {
    for (const contestant of contestants) await warm(contestant);
    const figures: Figures[] = [];
    for (let round = 1; round <= Number(options.rounds); round += 1) {
      for (const contestant of contestants) {
        tell(`round ${round}: ${contestant.name}`);
        for (const stream of [false, true]) {
          const wanted = { connections: Number(options.connections), stream };
          figures.push(await measure(contestant, { ...wanted, seconds: Number(options.seconds) }));
        }
      }
    }
    const flush = flushMs();
    process.stdout.write(gatewayTables(figures));
    const load = loadavg()[0] ?? 0;
    process.stdout.write(
      `fdatasync of 500 bytes here: ${short(flush)} ms; load of the machine: ${short(load)}\n`,
    );
    writeFigures(options.json, { machine: machine(), flushMs: flush, load, figures });
  } finally {
    for (const { program } of contestants) await program?.stop();
    await upstream.stop();
  }
}

if (options.help) process.stdout.write(HELP);
else await main();
