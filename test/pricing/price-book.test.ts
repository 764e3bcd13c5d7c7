import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { buildPriceBook } from '../../pricing/price-book.ts';
import { encodePriceBook } from '../../pricing/price-book-json.ts';
import * as given from './price-rows.ts';
import { recorded } from './price-rows.ts';

const GOLDEN = join(__dirname, '../../fixtures/golden/price-book-account.json');
const SONNET = 'anthropic.claude-sonnet-4-6';
const NOVA2 = 'amazon.nova-2-lite-v1:0';
const GLOBAL = { scope: 'global' } as const;
const BATCH = { mode: 'batch' } as const;

it('accounts for every row of the recorded pages as the golden summary says', () => {
  const { account, entries, offers } = given.recordedBook;

  expect({ account, entries: entries.length, offers }).toEqual(
    JSON.parse(readFileSync(GOLDEN, 'utf8')),
  );
});

it('counts every row once: read = priced + refused + ambiguous', () => {
  const { read, priced, refused, ambiguous } = given.recordedBook.account;
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);

  expect(read).toBe(489);
  expect(priced + refusals + ambiguous).toBe(read);
  expect(given.recordedBook.rejected).toHaveLength(refusals + ambiguous);
});

// By hand: 3.30 USD per million tokens is 3.30 micro-USD, or 3_300_000 pUSD, per token.
it('prices Claude Sonnet 4.6 regionally, globally and in batches, each from its own row', () => {
  expect(recorded(SONNET, 'input')).toBe(3_300_000n);
  expect(recorded(SONNET, 'output')).toBe(16_500_000n);
  expect(recorded(SONNET, 'cache_write_5m')).toBe(4_125_000n);
  expect(recorded(SONNET, 'input', GLOBAL)).toBe(3_000_000n);
  expect(recorded(SONNET, 'output', GLOBAL)).toBe(15_000_000n);
  expect(recorded(SONNET, 'cache_write_1h', GLOBAL)).toBe(6_000_000n);
  expect(recorded(SONNET, 'input', BATCH)).toBe(1_650_000n);
  expect(recorded(SONNET, 'output', { ...GLOBAL, ...BATCH })).toBe(7_500_000n);
});

it('prices a geographic profile by the regional rows, not by the global ones', () => {
  expect(recorded(SONNET, 'input', { scope: 'geo' })).toBe(3_300_000n);
});

it('leaves a meter without a row unpriced instead of deriving it', () => {
  expect(recorded(SONNET, 'cache_read')).toBeUndefined();
  expect(recorded(SONNET, 'cache_write_1h')).toBeUndefined();
  expect(recorded('anthropic.claude-opus-5', 'cache_read')).toBeUndefined();
  expect(recorded('xai.grok-4.6', 'input')).toBeUndefined(); // only global rows are recorded
});

// By hand: 0.00006 USD per thousand tokens is 6e-8 USD, or 60_000 pUSD, per token.
it('prices Nova Lite per thousand tokens', () => {
  expect(recorded('amazon.nova-lite-v1:0', 'input')).toBe(60_000n);
  expect(recorded('amazon.nova-lite-v1:0', 'output')).toBe(240_000n);
  expect(recorded('amazon.nova-lite-v1:0', 'cache_read')).toBe(15_000n);
});

it('prices Nova 2 Lite by its own rows, not by the custom-model rows of the same name', () => {
  expect(recorded(NOVA2, 'input')).toBe(330_000n); // the custom-model row says 300_000
  expect(recorded(NOVA2, 'output')).toBe(2_750_000n);
  expect(recorded(NOVA2, 'input', GLOBAL)).toBe(300_000n);
  expect(recorded(NOVA2, 'grounding_request')).toBe(30_000_000_000n);
});

it('takes zero for a price', () => {
  expect(recorded(NOVA2, 'cache_write_5m')).toBe(0n);
  expect(recorded(SONNET, 'guardrail_word_unit')).toBe(0n);
});

it('prices guardrails whatever model they guard, and however it is called', () => {
  const guarded = { scope: 'global', tier: 'flex', context: 'long' } as const;

  // By hand: 0.00015 USD per text unit is 150 micro-USD.
  expect(recorded(SONNET, 'guardrail_topic_unit', guarded)).toBe(150_000_000n);
  expect(recorded('nobody.knows', 'guardrail_sensitive_information_unit')).toBe(100_000_000n);
});

it('keeps the latency-optimised rows of Claude 3.5 Haiku apart from the standard ones', () => {
  const haiku = 'anthropic.claude-3-5-haiku-20241022-v1:0';
  const fast = { latency_class: 'optimized' } as const;

  expect([recorded(haiku, 'input'), recorded(haiku, 'output')]).toEqual([800_000n, 4_000_000n]);
  expect(recorded(haiku, 'input', fast)).toBe(1_000_000n);
  expect(recorded(haiku, 'output', fast)).toBe(5_000_000n);
});

it('reads prices per million beside prices per thousand', () => {
  expect(recorded('xai.grok-4.3', 'input')).toBe(1_250_000n);
  expect(recorded('xai.grok-4.3', 'output', BATCH)).toBe(1_250_000n);
  expect(recorded('google.gemma-4-31b', 'input')).toBe(140_000n);
  expect(recorded('ai21.jamba-1-5-large-v1:0', 'output')).toBe(8_000_000n); // unit "Units"
});

it('keeps tiers apart', () => {
  const pro = 'amazon.nova-pro-v1:0';

  expect(recorded(pro, 'input')).toBe(800_000n);
  expect(recorded(pro, 'input', { tier: 'priority' })).toBe(1_400_000n);
  expect(recorded(pro, 'output', { tier: 'flex' })).toBe(1_600_000n);
  expect(recorded(pro, 'output', { tier: 'priority' })).toBeUndefined();
});

it('counts twins in two namings as one price, names both rows and prices all ids of the model', () => {
  for (const model of ['qwen.qwen3-32b', 'qwen.qwen3-32b-v1:0']) {
    const entry = given.recordedIndex.priceInForce({ ...given.call(model), meter: 'input' }, 0);

    expect(entry?.price).toBe(150_000n);
    expect(entry?.naming).toBe('classic');
    expect(entry?.twins).toEqual([
      expect.objectContaining({ offer: 'AmazonBedrock', naming: 'mantle' }),
    ]);
  }
});

it('joins one model of two offers where they agree', () => {
  const sonnet4 = 'anthropic.claude-sonnet-4-20250514-v1:0';
  const key = { ...given.call(sonnet4, GLOBAL), meter: 'output' };
  const entry = given.recordedIndex.priceInForce(key, 0);

  expect(entry?.price).toBe(15_000_000n);
  expect([entry?.offer, ...(entry?.twins ?? []).map(({ offer }) => offer)].sort()).toEqual([
    'AmazonBedrockFoundationModels',
    'AmazonBedrockService',
  ]);
  expect(recorded(sonnet4, 'output', { ...GLOBAL, context: 'long' })).toBe(22_500_000n);
  expect(recorded(sonnet4, 'input', { ...GLOBAL, ...BATCH })).toBe(1_500_000n);
});

it('prices long context and half-hour cache writes by their own rows', () => {
  const astra = 'openai.gpt-6-astra';

  expect(recorded(astra, 'input')).toBe(11_000_000n);
  expect(recorded(astra, 'input', { context: 'long' })).toBe(22_000_000n);
  expect(recorded(astra, 'cache_write_30m')).toBe(13_750_000n);
  expect(recorded(astra, 'cache_write_5m')).toBeUndefined();
});

it('prices what is not tokens by its own unit', () => {
  // By hand: 0.0007 USD per second of video; 0.00007 per text request; 0.002 per search unit.
  expect(recorded('twelvelabs.pegasus-1-2-v1:0', 'input_video_second')).toBe(700_000_000n);
  expect(recorded('twelvelabs.marengo-embed-3-0-v1:0', 'input_text_request')).toBe(70_000_000n);
  expect(recorded('cohere.rerank-v3-5:0', 'search_unit')).toBe(2_000_000_000n);
  expect(recorded('stability.sd3-5-large-v1:0', 'image')).toBe(90_000_000_000n);
  expect(recorded('amazon.nova-canvas-v1:0', 'image_i2i_2048_standard')).toBe(60_000_000_000n);
  expect(recorded('amazon.titan-embed-image-v1', 'input_image')).toBe(60_000_000n);
  expect(recorded('amazon.nova-sonic-v1:0', 'input_speech_token')).toBe(3_400_000n);
  expect(recorded('amazon.nova-sonic-v1:0', 'input')).toBe(60_000n);
});

it('makes twins that differ in price ambiguous, and names them', () => {
  const classic = given.priceRowOf('USE1-Qwen3-32B-input-tokens', {
    attributes: { model: 'Qwen3 32B' },
    usd: '0.0001500000',
  });
  const mantle = given.priceRowOf('USE1-qwen.qwen3-32b-mantle-input-tokens-standard', {
    attributes: { model: 'Qwen3 32B', service_tier: 'standard' },
    usd: '0.0001600000',
  });

  const book = given.bookOf([classic, mantle]);

  expect(book.entries).toEqual([]);
  expect(book.account).toEqual({ read: 2, priced: 0, refused: {}, ambiguous: 2 });
  expect(book.rejected[0]?.detail).toContain(`${classic.sku ?? ''}, ${mantle.sku ?? ''}`);
});

it('joins twins that are equal per token though one is per thousand and one per million', () => {
  const attributes = { model: 'Qwen3 32B' };
  const perThousand = { attributes, usd: '0.0001500000' };
  const perMillion = { attributes, unit: '1M tokens', usd: '0.1500000000' };
  const book = given.bookOf([
    given.priceRowOf('USE1-Qwen3-32B-input-tokens', perThousand),
    given.priceRowOf('USE1-qwen.qwen3-32b-mantle-input-tokens-standard', perMillion),
  ]);

  expect(book.account).toEqual({ read: 2, priced: 2, refused: {}, ambiguous: 0 });
  expect(book.entries.map(({ twins }) => twins.length)).toEqual([1, 1]); // two ids, one twin each
});

it('makes two rows of one naming ambiguous even if they agree', () => {
  const rows = [1, 2].map(() => given.priceRowOf('USE1-NovaLite-input-tokens'));

  expect(given.bookOf(rows).account.ambiguous).toBe(2);
});

it('takes recorded prices for in force at any instant, published ones from their effective date', () => {
  const row = given.priceRowOf('USE1-NovaLite-input-tokens');
  const [published] = given.bookOf([row], 'published').entries;

  expect(given.entriesOf(row)[0]?.effective_from).toBeNull();
  expect(published?.effective_from).toBe('2026-10-01T00:00:00.000Z');
  expect(given.recordedBook.dated).toBe('recorded');
});

it('gives the same bytes for the same rows in any order', () => {
  const offers = given.recordedOffers();
  const bytes = encodePriceBook(given.recordedBook);
  const orders = fc.record({
    offers: fc.shuffledSubarray(offers, { minLength: offers.length }),
    seed: fc.infiniteStream(fc.nat()),
  });

  fc.assert(
    fc.property(orders, ({ offers: shuffled, seed }) => {
      const mixed = shuffled.map((offer) => {
        const keyed = offer.readings.map((reading) => ({ reading, at: Number(seed.next().value) }));
        const readings = keyed.sort((a, b) => a.at - b.at).map(({ reading }) => reading);
        return { ...offer, readings };
      });
      expect(encodePriceBook(buildPriceBook({ offers: mixed, dated: 'recorded' }))).toBe(bytes);
    }),
    { numRuns: 10 },
  );
});
