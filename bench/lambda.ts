/**
 * How large each function is, and how long it takes to load: a whole process that imports the bundle beside
 * one that imports nothing, in turns, medians. What Lambda adds to a cold start (fetching the code, making
 * the sandbox) is not in it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { BUNDLE_FILE, bundleFunction } from '../runtime/bundling.ts';
import { FUNCTION_SETTINGS } from '../runtime/settings.ts';
import type { FunctionName } from '../runtime/settings.ts';
import { machine, ratioText, short, spreadOf, tableText, writeFigures } from './figures.ts';
import type { Spread } from './figures.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, json: { type: 'string' }, only: { type: 'string' } },
});
const ROUNDS = Number(values.rounds ?? '15');
const NAMES = (Object.keys(FUNCTION_SETTINGS) as FunctionName[]).filter(
  (name) => values.only === undefined || values.only === name,
);

interface Loaded {
  readonly name: FunctionName;
  readonly bytes: number;
  /** Of whole processes, ms. */
  readonly empty: Spread;
  readonly loaded: Spread;
  /** Of each round's two. */
  readonly ratio: Spread;
}

/** How long a process takes from its start to its end, ms. */
function processMs(script: string): number {
  const startedMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return performance.now() - startedMs;
}

async function measure(name: FunctionName, folder: string): Promise<Loaded> {
  const bundle = join(folder, name, BUNDLE_FILE);
  await bundleFunction(name, join(folder, name));
  const [empty, loading] = [join(folder, 'empty.mjs'), join(folder, `${name}.mjs`)];
  writeFileSync(empty, '');
  // Lambda has this global; of the bundle nothing runs but its own top level.
  const stub = 'globalThis.awslambda = { streamifyResponse: (handler) => handler };';
  writeFileSync(loading, `${stub}\nawait import(${JSON.stringify(pathToFileURL(bundle).href)});\n`);
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    return { emptyMs: processMs(empty), loadedMs: processMs(loading) };
  });
  // The first round reads from the disk what the others find in memory.
  const warm = rounds.slice(1);
  return {
    name,
    bytes: statSync(bundle).size,
    empty: spreadOf(warm.map(({ emptyMs }) => emptyMs)),
    loaded: spreadOf(warm.map(({ loadedMs }) => loadedMs)),
    ratio: spreadOf(warm.map(({ emptyMs, loadedMs }) => loadedMs / emptyMs)),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'tollbook-bench-lambda-'));
try {
  const results: Loaded[] = [];
  for (const name of NAMES) {
    process.stderr.write(`${name}\n`);
    results.push(await measure(name, folder));
  }
  const rows = results.map(({ name, bytes, empty, loaded, ratio }) => [
    ...[name, `${(bytes / 1000).toFixed(0)} kB`, ratioText(ratio)],
    ...[`${short(loaded.median)} ms`, `${short(empty.median)} ms`],
  ]);
  process.stdout.write(
    tableText(['function', 'bundle', 'against an empty process', 'loaded', 'empty'], rows),
  );
  writeFigures(values.json, { rounds: ROUNDS, machine: machine(), results });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
