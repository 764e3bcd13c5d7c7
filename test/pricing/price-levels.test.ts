import { expect, it } from '@jest/globals';
import type { PricedAs } from '../../domain/usage-event.ts';
import { buildPriceBook } from '../../pricing/price-book.ts';
import { createPriceIndex } from '../../pricing/price-index.ts';
import { readPriceRecords } from '../../pricing/price-record.ts';
import { call, recorded } from './price-rows.ts';

const GLOBAL = { scope: 'global' } as const;
const BATCH = { mode: 'batch' } as const;
const SONNET_4_6 = 'anthropic.claude-sonnet-4-6';
const SONNET_4 = 'anthropic.claude-sonnet-4-20250514-v1:0';
const NOVA_2 = 'amazon.nova-2-lite-v1:0';

/**
 * USD a million tokens as AWS published them (facts/bedrock-prices.md, section 7), and pico-USD a token
 * worked out by hand: 3.30 USD ÷ 1,000,000 = 0.00000330 USD = 3,300,000 × 10⁻¹² USD.
 */
const US_EAST_1: readonly (readonly [string, string, Partial<PricedAs>, string, bigint])[] = [
  [SONNET_4_6, 'input', {}, '3.30', 3_300_000n],
  [SONNET_4_6, 'output', {}, '16.50', 16_500_000n],
  [SONNET_4_6, 'cache_write_5m', {}, '4.125', 4_125_000n],
  [SONNET_4_6, 'input', BATCH, '1.65', 1_650_000n],
  [SONNET_4_6, 'input', GLOBAL, '3.00', 3_000_000n],
  [SONNET_4_6, 'cache_write_1h', GLOBAL, '6.00', 6_000_000n],
  [SONNET_4_6, 'output', { ...GLOBAL, ...BATCH }, '7.50', 7_500_000n],
  ['anthropic.claude-haiku-4-5-20251001-v1:0', 'input', {}, '1.10', 1_100_000n],
  ['anthropic.claude-haiku-4-5-20251001-v1:0', 'output', GLOBAL, '5.00', 5_000_000n],
  ['anthropic.claude-opus-5', 'output', {}, '27.50', 27_500_000n],
  ['anthropic.claude-opus-5', 'cache_write_1h', {}, '11.00', 11_000_000n],
  ['anthropic.claude-opus-5-5', 'cache_read', {}, '0.22', 220_000n],
  ['anthropic.claude-opus-5-5', 'cache_read', GLOBAL, '0.20', 200_000n],
  ['anthropic.claude-fable-5-1', 'cache_read', {}, '0.275', 275_000n],
  [SONNET_4, 'output', { ...GLOBAL, context: 'long' }, '22.50', 22_500_000n],
  [SONNET_4, 'cache_write_5m', { ...GLOBAL, context: 'long' }, '7.50', 7_500_000n],
  ['amazon.nova-micro-v1:0', 'input', {}, '0.035', 35_000n],
  ['amazon.nova-lite-v1:0', 'output', {}, '0.24', 240_000n],
  ['amazon.nova-pro-v1:0', 'cache_read', {}, '0.20', 200_000n],
  [NOVA_2, 'output', GLOBAL, '2.50', 2_500_000n],
  [NOVA_2, 'cache_write_5m', {}, '0', 0n],
  ['meta.llama4-maverick-17b-instruct-v1:0', 'output', {}, '0.97', 970_000n],
  ['meta.llama3-3-70b-instruct-v1:0', 'input', BATCH, '0.36', 360_000n],
  ['deepseek.v3.2', 'output', {}, '1.85', 1_850_000n],
  ['mistral.mistral-large-3-675b-instruct', 'output', {}, '1.50', 1_500_000n],
  ['ai21.jamba-1-5-large-v1:0', 'output', {}, '8.00', 8_000_000n],
  ['amazon.titan-embed-text-v2:0', 'input', {}, '0.02', 20_000n],
];

it.each(US_EAST_1)('us-east-1: %s %s %j at %s a million', (...[model, meter, differs, , pico]) => {
  expect(recorded(model, meter, differs)).toBe(pico);
});

interface Elsewhere {
  readonly usagetype: string;
  /** As the row names it. */
  readonly name: string;
  readonly unit: string;
  readonly usd: string;
  readonly priced: Partial<PricedAs> & { readonly model: string; readonly meter: string };
  readonly pico: bigint;
}

const PER_1K = { name: 'Nova 2.0 Lite', unit: '1K tokens' } as const;
const FRANKFURT = { model: NOVA_2, region: 'eu-central-1' } as const;

/** The same of rows of other Regions, by the thousand too: 0.000429 ÷ 1,000 = 429,000 × 10⁻¹² USD. */
const ELSEWHERE: readonly Elsewhere[] = [
  {
    ...{ ...PER_1K, usagetype: 'EUC1-Nova2.0Lite-input-tokens', usd: '0.000429', pico: 429_000n },
    priced: { ...FRANKFURT, meter: 'input' },
  },
  {
    ...{ ...PER_1K, usagetype: 'EUC1-Nova2.0Lite-output-tokens', usd: '0.003597' },
    ...{ priced: { ...FRANKFURT, meter: 'output' }, pico: 3_597_000n },
  },
  {
    ...{ ...PER_1K, usagetype: 'EUC1-Nova2.0Lite-input-tokens-cross-region-global' },
    ...{ usd: '0.00039', priced: { ...FRANKFURT, ...GLOBAL, meter: 'input' }, pico: 390_000n },
  },
  {
    ...{ ...PER_1K, usagetype: 'EUN1-Nova2.0Lite-input-tokens', usd: '0.000363', pico: 363_000n },
    priced: { model: NOVA_2, region: 'eu-north-1', meter: 'input' },
  },
  {
    ...{
      usagetype: 'USW2-MP:USW2_CacheReadInputTokenCount_Global-Units',
      name: 'Claude Haiku 4.5',
    },
    ...{ unit: '1M tokens', usd: '0.1', pico: 100_000n },
    priced: {
      ...{ model: 'anthropic.claude-haiku-4-5-20251001-v1:0', region: 'us-west-2', ...GLOBAL },
      meter: 'cache_read',
    },
  },
  {
    usagetype: 'UGW1-openai.gpt-5.6-terra-mantle-output-tokens-long-ctx-standard',
    ...{ name: 'openai.gpt-5.6-terra', unit: '1M tokens', usd: '23.76', pico: 23_760_000n },
    priced: {
      ...{ model: 'openai.gpt-5.6-terra', region: 'us-gov-west-1', context: 'long' },
      meter: 'output',
    },
  },
];

it.each(ELSEWHERE)('elsewhere: $usagetype at $usd', ({ usagetype, name, unit, usd, ...told }) => {
  const marketplace = usagetype.includes('MP:');
  const record = {
    service_code: marketplace ? 'AmazonBedrockFoundationModels' : 'AmazonBedrock',
    ...{ usagetype, model: name, unit, price_usd: usd },
  };
  const book = buildPriceBook({ offers: readPriceRecords([record]), dated: 'recorded' });
  const { meter, model, ...differs } = told.priced;

  const price = createPriceIndex(book).priceInForce({ ...call(model, differs), meter }, 0);
  expect(price?.price).toBe(told.pico);
});
