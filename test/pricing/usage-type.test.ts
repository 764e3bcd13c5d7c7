import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { REGION_OF_PREFIX } from '../../pricing/regions.ts';
import { USAGE_FAMILIES, readUsageType } from '../../pricing/usage-type.ts';
import { recordedOffers } from './price-rows.ts';

const prefix = fc.constantFrom(...REGION_OF_PREFIX.keys());
const tier = fc.constantFrom('', '-batch', '-flex', '-priority');
const classic = fc
  .tuple(
    fc.constantFrom('NovaLite', 'Llama3-1-70B', 'Qwen3-Coder-30B-A3B', 'TitanEmbeddingV2-Text'),
    fc.constantFrom('', '-LatencyOptimized'),
    fc.constantFrom('input-tokens', 'text-output-tokens', 'cache-read-input-token-count'),
    fc.constantFrom('', '-long-context'),
    tier,
    fc.constantFrom('', '-cross-region-global'),
  )
  .map(([name, ...rest]) => `${name}${rest[0]}-${rest.slice(1).join('')}`);
const mantle = fc
  .tuple(
    fc.constantFrom('minimax.minimax-m2', 'minimax.minimax-m2.5', 'openai.gpt-oss-120b'),
    fc.constantFrom('input-tokens', 'output-tokens', 'cache-write-tokens', 'cache-write-tokens-1h'),
    fc.constantFrom('', '-long-ctx'),
    fc.constantFrom('', '-global'),
    fc.constantFrom('-standard', '-flex', '-priority', '-batch'),
  )
  .map(([id, ...rest]) => `${id}-mantle-${rest.join('')}`);
const flag = (text: string) => fc.constantFrom('', text);
const camel = fc
  .tuple(
    fc.constantFrom('Input', 'Output', 'CacheReadInput', 'CacheWrite1hInput'),
    ...[flag('_Global'), flag('_Batch'), flag('_LCtx'), flag('_LatencyOptimized')],
  )
  .map(([what, ...rest]) => `MP:USE1_${what}TokenCount${rest.join('')}-Units`);
const snake = fc
  .tuple(
    fc.constantFrom('input_tokens', 'cache_write_tokens_30m', 'output_tokens'),
    ...[flag('_long_ctx'), flag('_global'), fc.constantFrom('_standard', '_batch')],
  )
  .map((parts) => `MP:USE1_${parts.join('')}-Units`);
const body = fc.oneof(classic, mantle, camel, snake);

const recordedTypes = recordedOffers().flatMap(({ readings }) =>
  readings.flatMap((reading) => (reading.kind === 'row' ? [reading.row.usage_type] : [])),
);

function familiesOf(text: string): string[] {
  return Object.keys(USAGE_FAMILIES).filter((name) => USAGE_FAMILIES[name]?.(text) != null);
}

describe('usage types', () => {
  it('are read by exactly one family where they are well formed', () => {
    fc.assert(
      fc.property(body, (text) => {
        expect(familiesOf(text)).toHaveLength(1);
      }),
    );
    for (const type of recordedTypes)
      expect(familiesOf(type.replace(/^[A-Z0-9]+-/, ''))).toHaveLength(1);
  });

  it('are never read two ways, whatever the text', () => {
    const pieces = fc.constantFrom(
      ...[
        '-',
        '_',
        'MP:USE1_',
        'input-tokens',
        'input_tokens',
        'InputTokenCount',
        '-Units',
        '-mantle-',
      ],
      ...[
        '-batch',
        '-standard',
        '_standard',
        'x.y',
        'NovaReel',
        '-T2V',
        '-Medfps-HDRes',
        '-input-image',
        '-input-audio-second',
        '-ProvisionedThroughput',
        '-ModelUnits',
        'NovaLite',
        '-custom-model',
        'Guardrail-',
        'T2I',
      ],
      ...[
        '-1024',
        '-Standard',
        '-Custom',
        '-reserved-1-month-',
        '-per-minute',
        '-cross-region-global',
      ],
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 8 }).map((all) => all.join('')),
    );

    fc.assert(
      fc.property(texts, (text) => {
        expect(familiesOf(text).length).toBeLessThan(2);
      }),
      { numRuns: 20_000 },
    );
  });

  it('never become standard when their end is changed', () => {
    const mutations = fc.record({
      head: prefix,
      text: body,
      tail: fc.string({ minLength: 1, maxLength: 12 }),
    });

    fc.assert(
      fc.property(mutations, ({ head, text, tail }) => {
        const before = readUsageType(`${head}-${text}`);
        const after = readUsageType(`${head}-${text}${tail}`);
        if (before.kind !== 'rate' || after.kind !== 'rate') return;
        // A longer text that is still read must say something else than the shorter one.
        expect(after.rate).not.toEqual(before.rate);
        expect([after.rate.tier, after.rate.mode, after.rate.scope].join()).not.toBe(
          'standard,on_demand,regional',
        );
      }),
    );
  });

  it('never become standard when a character is changed in what modifies them', () => {
    const modified = recordedTypes.filter((type) =>
      /-(?:batch|flex|priority|cross-region-global)$|_(?:Global|Batch|LatencyOptimized|global_standard|batch)-Units$/.test(
        type,
      ),
    );
    const cases = fc.tuple(
      fc.constantFrom(...modified),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom('a', 'x', 'z', 'A', 'Z', '0', '1', '_', '-', '.', ' '),
    );

    fc.assert(
      fc.property(cases, ([type, back, letter]) => {
        const at = type.replace(/-Units$/, '').length - back;
        const changed = type.slice(0, at) + letter + type.slice(at + 1);
        const reading = readUsageType(changed);
        if (changed === type || reading.kind !== 'rate') return;
        const { scope, tier: read, mode, latency_class } = reading.rate;
        expect([scope, read, mode, latency_class]).not.toEqual([
          ...['regional', 'standard', 'on_demand', 'standard'],
        ]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    'USE1-NovaLite-input-tokens-turbo',
    'USE1-NovaLite-input-tokens-batch-flex',
    'USE1-NovaLite-input-tokens-batch-cross-region-global-batch',
    'USE1-NovaLite-batch-input-tokens',
    'USE1-NovaLite-input-tokens ',
    'USE1-NovaLite-inputtokens',
    'USE1-deepseek.v3.2-output-tokens-batch',
    'USE1-minimax.minimax-m2.5-input-tokens-standard-mantle',
    'USE1-minimax.minimax-m2-mantle-input-tokens-1h-standard',
    'USE1-minimax.minimax-m2-mantle-input-tokens',
    'USE1-MP:USE1_InputTokenCount_Batch_Global-Units',
    'USE1-MP:USE1_InputTokenCount',
    'USE1-MP:USE1_input_tokens-Units',
    'USE1-MP:USE1_input_tokens_1h_standard-Units',
    'USE1-Guardrail-NewPolicyUnitsConsumed',
    'USE1-NovaLite-batch-input-image',
    'USE1-NovaLite-input-tokens-nova-grounding',
    '',
    '-',
  ])('are refused where anything is left over: %j', (type) => {
    expect(readUsageType(type)).toMatchObject({
      kind: 'fault',
      reason: 'usage type not understood',
    });
  });

  it('must have a known Region prefix, and the same one twice in the Marketplace naming', () => {
    expect(readUsageType('XYZ9-NovaLite-input-tokens')).toMatchObject({
      reason: 'Region prefix unknown',
    });
    expect(readUsageType('EU-MP:USE1_InputTokenCount-Units')).toMatchObject({
      reason: 'Region prefixes differ',
    });
    expect(readUsageType('EU-NovaLite-input-tokens')).toMatchObject({ region: 'eu-west-1' });
    expect(readUsageType('APS3-gpt-oss-20b-input-tokens')).toMatchObject({ region: 'ap-south-1' });
  });

  it('tell cache writes of five minutes, half an hour and an hour apart', () => {
    const meterOf = (type: string) => {
      const reading = readUsageType(type);
      return reading.kind === 'rate' ? reading.rate.meter : reading.kind;
    };

    expect(meterOf('USE1-MP:USE1_CacheWriteInputTokenCount-Units')).toBe('cache_write_5m');
    expect(meterOf('USE1-MP:USE1_cache_write_tokens_standard-Units')).toBe('cache_write_5m');
    expect(meterOf('USE1-xai.grok-4.6-mantle-cache-write-tokens-5m-standard')).toBe(
      'cache_write_5m',
    );
    expect(meterOf('USE1-MP:USE1_CacheWrite1hInputTokenCount-Units')).toBe('cache_write_1h');
    expect(meterOf('USE1-MP:USE1_cache_write_tokens_30m_standard-Units')).toBe('cache_write_30m');
  });
});
