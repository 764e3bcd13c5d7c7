import { afterAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { readAuditStatements, readBuildSource } from '../../../runtime/node/checkout.ts';
import { FUNCTION_SETTINGS } from '../../../runtime/settings.ts';
import type { FunctionName } from '../../../runtime/settings.ts';
import { bundleFunctions } from './harness/bundles.ts';

const CHECKOUT = join(__dirname, '..', '..', '..');
const NAMES = Object.keys(FUNCTION_SETTINGS) as FunctionName[];
/** Of the 450 kB that it may be; each ten take half a millisecond. */
const INVOKE_BYTES_MAX = 430_000;

const bundles = bundleFunctions();
afterAll(() => {
  bundles.remove();
});

const textOf = (name: FunctionName) => readFileSync(bundles.fileOf(name), 'utf8');
const inputsOf = (name: FunctionName) => bundles.all.get(name)!.inputs;

interface Said {
  readonly output?: unknown;
  readonly errorType?: string;
  readonly errorMessage?: string;
}

/** What bundles say when they are called in a process that has nothing but Node. */
function call(inputs: Partial<Record<FunctionName, unknown>>): Partial<Record<FunctionName, Said>> {
  const calls = Object.entries(inputs).map(([name, input]) => [
    ...[name, bundles.fileOf(name as FunctionName), input],
  ]);
  const program = `
    globalThis.awslambda = { streamifyResponse: (handler) => handler };
    const said = {};
    for (const [name, file, input] of ${JSON.stringify(calls)}) {
      const { handler } = await import(file);
      said[name] = await handler(input).then(
        (output) => ({ output }),
        (error) => ({ errorType: error.name, errorMessage: error.message }),
      );
    }
    process.stdout.write(JSON.stringify(said));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8', cwd: bundles.folder, env: {} },
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Partial<Record<FunctionName, Said>>;
}

describe('a bundle', () => {
  it.each(NAMES)('is one file that asks for nothing but Node: %s', (name) => {
    expect(readdirSync(join(bundles.folder, name))).toEqual(['index.mjs']);
    expect(bundles.all.get(name)!.imports).toEqual([]);
    const ofNode = inputsOf(name).filter((path) => path.startsWith('node:'));
    expect(ofNode.filter((path) => !isBuiltin(path.slice('node:'.length)))).toEqual([]);
  });

  it.each(NAMES)('holds nothing that only one machine or a developer needs: %s', (name) => {
    const foreign = [
      /^(fixtures|test|bench|bin|stacks|console|docs)\//,
      /^runtime\/local\//,
      /node_modules\/(@duckdb|apache-arrow|jsonata|aws-cdk|constructs|esbuild|openai|ai)\b/,
      // Of zod the small one: the other is twenty times as large.
      /node_modules\/zod\/v4\/classic\//,
    ];

    expect(inputsOf(name).filter((path) => foreign.some((of) => of.test(path)))).toEqual([]);
  });

  it('of the gateway is small enough to start fast', () => {
    expect(statSync(bundles.fileOf('invoke')).size).toBeLessThanOrEqual(INVOKE_BYTES_MAX);
  });

  it('of the gateway loads nothing that a first answer does not need', () => {
    const program = `
      globalThis.awslambda = { streamifyResponse: (handler) => handler };
      await import(${JSON.stringify(bundles.fileOf('invoke'))});
      process.stdout.write(JSON.stringify(process.moduleLoadList));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
    });
    const loaded = (JSON.parse(stdout) as string[]).map((name) => name.split(' ')[1]);

    expect(loaded).toContain('https');
    for (const name of ['internal/deps/undici/undici', 'http2', 'fs/promises', 'child_process']) {
      expect(loaded).not.toContain(name);
    }
    expect(inputsOf('invoke').filter((path) => path.includes('node_modules/zod/'))).toEqual([]);
  });

  it('writes Parquet only where rows become files', () => {
    const writers = NAMES.filter((name) =>
      inputsOf(name).some((path) => path.includes('node_modules/hyparquet-writer/')),
    );

    expect(writers).toEqual(expect.arrayContaining(['rate-window']));
    for (const name of ['invoke', 'authorizer', 'publish-window', 'plan-windows'] as const) {
      expect(writers).not.toContain(name);
    }
  });

  it('knows the build it was made of, and the audit its statements', () => {
    const { build_sha256: build } = readBuildSource(CHECKOUT);
    const lines = readAuditStatements(CHECKOUT).chargeTotals.split('\n');
    const longest = lines.sort((a, b) => b.length - a.length)[0]!.trim();
    const holders = (part: string) => NAMES.filter((name) => textOf(name).includes(part));

    expect(holders(build)).toEqual(['rate-window', 'seal-window']);
    expect(holders(longest)).toEqual(['audit-window']);
  });
});

describe('a bundled function', () => {
  it('does its work', () => {
    const start = '2026-01-31T20:00:00.000Z';
    const oversized = [{ fromS: 1_769_889_600, toS: 1_769_889_659, split: null }];

    const said = call({ 'plan-slices': { start, minutes: [], oversized } })['plan-slices'];

    expect(said?.errorMessage).toBeUndefined();
    expect((said?.output as { slices: unknown[] }).slices.length).toBeGreaterThan(1);
  });

  it('names its errors, which workflows go by, although it is minified', () => {
    const said = call({ 'plan-slices': { start: 'now' } });

    expect(said['plan-slices']?.errorType).toBe('StepInputError');
  });

  it('says which of its settings are missing', () => {
    const names = NAMES.filter((name) => FUNCTION_SETTINGS[name].length > 0);

    const said = call(Object.fromEntries(names.map((name) => [name, {}])));

    for (const name of names) {
      expect(said[name]).toEqual({
        errorType: 'SettingsError',
        errorMessage: expect.stringMatching(`^settings of ${name}: TOLLBOOK_`) as unknown,
      });
    }
  });
});
