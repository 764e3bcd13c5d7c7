import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModelId } from '../../../../pricing/model-id.ts';
import { createPromptCache } from '../../../../runtime/local/simulation/prompt-cache.ts';
import {
  TENANTS,
  UNPRICED_MODEL,
  createAssignment,
} from '../../../../runtime/local/simulation/assignment.ts';
import type { Assignment } from '../../../../runtime/local/simulation/assignment.ts';
import { readTraces } from '../../../../runtime/local/simulation/trace.ts';
import type { TraceRow } from '../../../../runtime/local/simulation/trace.ts';
import { recordedIndex } from '../../../pricing/price-rows.ts';

const ROOT = join(__dirname, '../../../..');
const rows = ['code', 'conv'].flatMap((name) =>
  readTraces([join(ROOT, `fixtures/traces/AzureLLMInferenceTrace_${name}.csv`)]),
);

function assignAll(seed: string, faults: boolean, of: readonly TraceRow[] = rows): Assignment[] {
  const assign = createAssignment(seed, faults, createPromptCache().usageOf);
  return of.map((row) => assign(row));
}

const faultless = assignAll('1', false);
const faulty = assignAll('1', true);

/** How many of the calls, as a share. */
const share = (calls: readonly Assignment[], holds: (call: Assignment) => boolean) =>
  calls.filter(holds).length / calls.length;

/** Five standard deviations of a share drawn over the trace. */
const tolerance = (expected: number) => 5 * Math.sqrt((expected * (1 - expected)) / rows.length);

function expectShare(actual: number, expected: number) {
  expect(Math.abs(actual - expected)).toBeLessThan(tolerance(expected));
}

function pricesOf(requested: string) {
  const { model, scope } = parseModelId(requested);
  return recordedIndex.pricesFor({
    ...{ model: model ?? requested, scope, region: 'us-east-1', tier: 'standard' },
    ...{ mode: 'on_demand', latency_class: 'standard', context: 'base' },
  });
}

describe('with faults off', () => {
  it('every row is one successful call of exactly its tokens', () => {
    const wanted = rows.map(({ inputTokens, outputTokens }) => ({
      ...{ input: inputTokens, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0 },
      output: outputTokens,
    }));

    expect(faultless.map(({ usage }) => usage)).toEqual(wanted);
    const wrong = faultless.filter(
      ({ failure, silent, record }) => failure !== null || silent || record !== null,
    );
    expect(wrong).toEqual([]);
  });

  it('every model has a price for what it is asked to do', () => {
    for (const model of new Set(faultless.map((call) => call.model))) {
      expect(Object.keys(pricesOf(model))).toEqual(expect.arrayContaining(['input', 'output']));
    }
  });

  it('only the blocks of a trace make cache use, on models that have a price for it', () => {
    const blocks = rows.slice(0, 2000).map((row, at) => {
      return { ...row, inputTokens: 1500, blocks: [at % 7, at % 3] };
    });

    const calls = assignAll('1', false, blocks);
    expect(new Set(calls.map(({ usage }) => usage.input))).toEqual(new Set([1500 - 1024]));
    expect(new Set(calls.map(({ usage }) => usage.cache_read + usage.cache_write_5m))).toEqual(
      new Set([1024]),
    );
    for (const model of new Set(calls.map((call) => call.model))) {
      expect(Object.keys(pricesOf(model))).toEqual(
        expect.arrayContaining(['input', 'output', 'cache_read', 'cache_write_5m']),
      );
    }
  });
});

describe('the assignment', () => {
  it('is the same for the same seed, another for another', () => {
    expect(assignAll('1', true, rows.slice(0, 500))).toEqual(faulty.slice(0, 500));
    expect(assignAll('2', true, rows.slice(0, 500))).not.toEqual(faulty.slice(0, 500));
  });

  it('gives a row the same tenant, project and time with faults on or off', () => {
    const rest = (calls: readonly Assignment[]) =>
      calls.map(({ tenant, project, stream, firstByteMs, generateMs }) =>
        [tenant, project, stream, firstByteMs, generateMs].join(' '),
      );

    expect(rest(faulty)).toEqual(rest(faultless));
  });

  it('shares the calls out by the weights of tenants and of their models', () => {
    for (const [index, { weight, models }] of TENANTS.entries()) {
      expectShare(
        share(faultless, ({ tenant }) => tenant === index),
        weight / 100,
      );
      const all = models.reduce((sum, [, part]) => sum + part, 0);
      for (const [model, part] of models) {
        expectShare(
          share(faultless, (call) => call.tenant === index && call.model === model),
          (weight / 100) * (part / all),
        );
      }
    }
    expectShare(
      share(faultless, ({ stream }) => stream),
      0.7,
    );
  });

  it('answers in the times that the rule states', () => {
    const late = faultless.filter(({ firstByteMs, generateMs }, index) => {
      const { outputTokens } = rows[index]!;
      const isSoon = firstByteMs >= 120 && firstByteMs < 720;
      return !isSoon || generateMs < 6 * outputTokens || generateMs > 20 * outputTokens;
    });

    expect(late).toEqual([]);
  });
});

describe('with faults on', () => {
  it.each([
    ['throttled', 0.004, (call: Assignment) => call.failure === 'throttled'],
    ['an upstream error', 0.002, (call: Assignment) => call.failure === 'upstream_error'],
    ['a stream cut', 0.003, (call: Assignment) => call.failure === 'cut'],
    ['a silent model', 0.0004, (call: Assignment) => call.silent],
    ['a line twice', 0.001, (call: Assignment) => call.record === 'line_twice'],
    ['a lost line', 0.0006, (call: Assignment) => call.record === 'line_lost'],
    ['a lost settlement', 0.0008, (call: Assignment) => call.record === 'settle_lost'],
  ])('%s happens as often as stated', (_, expected, holds) => {
    const actual = share(faulty, holds);

    expect(actual).toBeGreaterThan(0);
    expectShare(actual, expected);
  });

  it('at most one thing goes wrong with a call', () => {
    const twice = faulty.filter(({ failure, silent, record, model }) => {
      const wrong = [failure !== null, silent, record !== null, model === UNPRICED_MODEL];
      return wrong.filter(Boolean).length > 1;
    });

    expect(twice).toEqual([]);
  });

  it('a small part goes to a model without a price, and uses no cache there', () => {
    const unpriced = faulty.filter(({ model }) => model === UNPRICED_MODEL);

    expect(unpriced.length).toBeGreaterThan(0);
    expect(unpriced.length / faulty.length).toBeLessThan(0.004 + tolerance(0.004));
    expect(Object.keys(pricesOf(UNPRICED_MODEL))).toEqual([]);
    for (const { usage } of unpriced) expect(usage.cache_read + usage.cache_write_5m).toBe(0);
  });

  it('every prompt is split, never changed, and cache use is on models priced for it', () => {
    const sums = faulty.map(({ usage }) => [
      usage.input + usage.cache_read + usage.cache_write_5m,
      usage.output,
    ]);
    expect(sums).toEqual(rows.map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens]));

    const caching = faulty.filter(({ usage }) => usage.cache_read + usage.cache_write_5m > 0);
    for (const model of new Set(caching.map((call) => call.model))) {
      expect(Object.keys(pricesOf(model))).toEqual(
        expect.arrayContaining(['cache_read', 'cache_write_5m']),
      );
    }
  });
});

describe('docs/simulation.md', () => {
  const docs = readFileSync(join(ROOT, 'docs/simulation.md'), 'utf8');

  it('states every tenant as the rule has it', () => {
    for (const { name, weight, costCenter, projects } of TENANTS) {
      expect(docs).toContain(`| ${name} | ${weight} % | ${costCenter} | ${projects.join(', ')} |`);
    }
    expect(docs).toContain(UNPRICED_MODEL);
  });

  it('states every share of what goes wrong', () => {
    const shares = ['0.4', '0.4', '0.2', '0.3', '0.04', '0.1', '0.06', '0.08'];

    expect([...docs.matchAll(/^\| (0\.\d+) % \|/gm)].map(([, percent]) => percent)).toEqual(shares);
  });
});
