/**
 * How large each function is, and how long it takes to load: a whole process that imports the bundle beside
 * one that imports nothing, and one that imports what every client of AWS needs, `node:https`, in turns,
 * medians. What Lambda adds to a cold start (fetching the code, making the sandbox) is not in it. Fails
 * where the gateway is above its limits: docs/adr/0026 says where they come from.
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
  readonly https: Spread;
  readonly loaded: Spread;
  /** Of each round's processes. */
  readonly againstEmpty: Spread;
  readonly againstHttps: Spread;
}

/**
 * What the gateway may be, at most: bytes, and ratios of the shortest rounds, which other programs on the
 * machine disturb least.
 */
const LIMITS = { bytes: 430_000, againstEmpty: 3.2, againstHttps: 2 } as const;

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
  const script = (of: string) => join(folder, `${of}.mjs`);
  const [empty, https, loading] = [script('empty'), script('https'), script(name)];
  writeFileSync(empty, '');
  writeFileSync(https, "import 'node:https';");
  // Lambda has this global; of the bundle nothing runs but its own top level.
  const stub = 'globalThis.awslambda = { streamifyResponse: (handler) => handler };';
  writeFileSync(loading, `${stub}\nawait import(${JSON.stringify(pathToFileURL(bundle).href)});\n`);
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    return {
      ...{ emptyMs: processMs(empty), httpsMs: processMs(https), loadedMs: processMs(loading) },
    };
  });
  // The first round reads from the disk what the others find in memory.
  const warm = rounds.slice(1);
  return {
    name,
    bytes: statSync(bundle).size,
    empty: spreadOf(warm.map(({ emptyMs }) => emptyMs)),
    https: spreadOf(warm.map(({ httpsMs }) => httpsMs)),
    loaded: spreadOf(warm.map(({ loadedMs }) => loadedMs)),
    againstEmpty: spreadOf(warm.map(({ emptyMs, loadedMs }) => loadedMs / emptyMs)),
    againstHttps: spreadOf(warm.map(({ httpsMs, loadedMs }) => loadedMs / httpsMs)),
  };
}

/** Where the gateway is above its limits. */
function faultsOf({ name, bytes, loaded, empty, https }: Loaded): readonly string[] {
  if (name !== 'invoke') return [];
  const [againstEmpty, againstHttps] = [loaded.min / empty.min, loaded.min / https.min];
  const got = { bytes, againstEmpty, againstHttps };
  return (Object.keys(LIMITS) as (keyof typeof LIMITS)[]).flatMap((of) =>
    got[of] <= LIMITS[of] ? [] : [`${name}, ${of}: got ${short(got[of])}, limit ${LIMITS[of]}`],
  );
}

const folder = mkdtempSync(join(tmpdir(), 'tollbook-bench-lambda-'));
try {
  const results: Loaded[] = [];
  for (const name of NAMES) {
    process.stderr.write(`${name}\n`);
    results.push(await measure(name, folder));
  }
  const rows = results.map(({ name, bytes, empty, https, loaded, ...ratios }) => [
    ...[name, `${(bytes / 1000).toFixed(0)} kB`, ratioText(ratios.againstEmpty)],
    ratioText(ratios.againstHttps),
    ...[loaded, empty, https].map(({ median }) => `${short(median)} ms`),
  ]);
  const against = ['against an empty process', 'against one with node:https'];
  const heads = ['function', 'bundle', ...against, 'loaded', 'empty', 'node:https'];
  process.stdout.write(tableText(heads, rows));
  writeFigures(values.json, { rounds: ROUNDS, machine: machine(), results });
  for (const fault of results.flatMap(faultsOf)) {
    process.stderr.write(`${fault}\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
