import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hourWriteInBody, usageInBody } from '../../domain/body-usage.ts';
import { converseUsage } from '../../domain/dialects/bedrock-converse-reply.ts';
import { NO_TOKENS, TOKEN_METERS } from '../../domain/meters.ts';
import {
  servedLatency,
  servedTier,
  sumUsage,
  usageOf,
  usageOfConverse,
} from '../../domain/reported-usage.ts';

describe('the usage that Converse tells', () => {
  it('leaves cached tokens out of the input, and splits writes by how long they live', () => {
    const usage = usageOfConverse({
      ...{ inputTokens: 7, outputTokens: 20, totalTokens: 1027 },
      ...{ cacheReadInputTokens: 600, cacheWriteInputTokens: 400 },
      cacheDetails: [
        { ttl: '1h', inputTokens: 150 },
        { ttl: '5m', inputTokens: 250 },
      ],
    });

    expect(usage).toEqual({
      ...{ input: 7, cache_read: 600, cache_write_5m: 250, cache_write_1h: 150, output: 20 },
    });
  });

  it('has no cache meters where the model has no cache', () => {
    expect(usageOfConverse({ inputTokens: 7, outputTokens: 20, totalTokens: 27 })).toEqual({
      ...{ ...NO_TOKENS, input: 7, output: 20 },
    });
  });

  it('counts a write that nobody told the lifetime of as one of five minutes', () => {
    const part = { cacheDetails: [{ ttl: '1h', inputTokens: 30 }] };

    expect(usageOfConverse({ inputTokens: 1, cacheWriteInputTokens: 100 })?.cache_write_5m).toBe(
      100,
    );
    expect(usageOfConverse({ inputTokens: 1, cacheWriteInputTokens: 100, ...part })).toMatchObject({
      ...{ cache_write_5m: 70, cache_write_1h: 30 },
    });
    expect(usageOfConverse({ inputTokens: 1, ...part })).toMatchObject({
      ...{ cache_write_5m: 0, cache_write_1h: 30 },
    });
  });

  it('never adds the doubled names that the wire has for caches', () => {
    const doubled = { cacheReadInputTokens: 5, cacheReadInputTokenCount: 5 };

    expect(usageOfConverse({ inputTokens: 1, ...doubled })?.cache_read).toBe(5);
  });

  it.each([
    [undefined],
    [null],
    ['100'],
    [[]],
    [{}],
    [{ outputTokens: 3 }],
    [{ inputTokens: -1, outputTokens: 3 }],
    [{ inputTokens: 1.5 }],
    [{ inputTokens: 1, outputTokens: Number.NaN }],
    [{ inputTokens: 1, outputTokens: 2_000_000_000 }],
    [{ inputTokens: 1, cacheReadInputTokens: {} }],
    [{ inputTokens: 1, cacheWriteInputTokens: 5, cacheDetails: [{ ttl: '1h', inputTokens: 6 }] }],
    [{ inputTokens: 1, cacheDetails: [{ ttl: '1h', inputTokens: 'many' }] }],
  ])('is nothing where it cannot be: %j', (usage) => {
    expect(usageOfConverse(usage)).toBeNull();
  });

  it('comes back from its own wire form, whatever it is', () => {
    const tokens = fc.integer({ min: 0, max: 1_000_000 });
    const usage = fc.record({
      ...{ input: tokens, cache_read: tokens, output: tokens },
      ...{ cache_write_5m: tokens, cache_write_1h: tokens },
    });
    fc.assert(
      fc.property(usage, (used) => {
        expect(usageOfConverse(converseUsage(used))).toEqual(used);
      }),
    );
  });
});

describe('the counts beside a body', () => {
  it('are read from headers as from numbers', () => {
    const counts = { input: '11', output: '2', cacheRead: '3', cacheWrite: '40' };

    expect(usageOf(counts)).toEqual({
      ...{ input: 11, cache_read: 3, cache_write_5m: 40, cache_write_1h: 0, output: 2 },
    });
    expect(usageOf({ ...counts, cacheWrite1h: 15 })).toMatchObject({
      ...{ cache_write_5m: 25, cache_write_1h: 15 },
    });
    expect(usageOf({ ...counts, cacheWrite1h: 41 })).toBeNull();
    expect(usageOf({ ...counts, input: undefined })).toBeNull();
    expect(usageOf({ ...counts, output: '1e3' })).toBeNull();
  });

  it('of several answers add up', () => {
    const one = { input: 1, cache_read: 2, cache_write_5m: 3, cache_write_1h: 4, output: 5 };

    expect(sumUsage([one, one])).toEqual({
      ...{ input: 2, cache_read: 4, cache_write_5m: 6, cache_write_1h: 8, output: 10 },
    });
    expect(sumUsage([])).toEqual(NO_TOKENS);
  });
});

describe('the counts in a body', () => {
  const anthropic = {
    usage: {
      ...{ input_tokens: 9, output_tokens: 4, cache_read_input_tokens: 100 },
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
    },
  };

  it.each([
    ['Anthropic', anthropic, [9, 100, 20, 30, 4]],
    [
      'Nova',
      { usage: { inputTokens: 9, outputTokens: 4, cacheReadInputTokenCount: 2 } },
      [9, 2, 0, 0, 4],
    ],
    // The prompt's 100 include the 40 that a cache held.
    [
      'OpenAI',
      {
        usage: {
          ...{ prompt_tokens: 100, completion_tokens: 4 },
          prompt_tokens_details: { cached_tokens: 40 },
        },
      },
      [60, 40, 0, 0, 4],
    ],
    ['Llama', { prompt_token_count: 9, generation_token_count: 4 }, [9, 0, 0, 0, 4]],
    [
      'Titan text',
      { inputTextTokenCount: 9, results: [{ tokenCount: 4 }, { tokenCount: 5 }] },
      [9, 0, 0, 0, 9],
    ],
    ['Titan embeddings', { inputTextTokenCount: 9, embedding: [0.5] }, [9, 0, 0, 0, 0]],
  ])('of %s are split into disjoint meters', (_family, body, counts) => {
    expect(TOKEN_METERS.map((meter) => usageInBody(body)?.[meter])).toEqual(counts);
  });

  it.each([
    [null],
    [[]],
    [{}],
    [{ usage: {} }],
    [{ usage: { prompt_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } } }],
    [{ prompt_token_count: 'nine' }],
    [{ inputTextTokenCount: 9, results: [{}] }],
  ])('are none where they cannot be: %j', (body) => {
    expect(usageInBody(body)).toBeNull();
  });

  it('say how much of a cache write lives an hour, in a stream too', () => {
    expect(hourWriteInBody(anthropic)).toBe(30);
    expect(hourWriteInBody({ type: 'message_start', message: anthropic })).toBe(30);
    expect(hourWriteInBody({ usage: {} })).toBeUndefined();
    expect(hourWriteInBody(null)).toBeUndefined();
  });
});

describe('what was served', () => {
  it('is standard where nothing is said, or nothing that is known', () => {
    expect([undefined, 'default', 'flex', 'priority', 'reserved', 'other'].map(servedTier)).toEqual(
      [...['standard', 'standard', 'flex', 'priority', 'reserved', 'standard']],
    );
    expect([undefined, 'optimized', 'standard', 'other'].map(servedLatency)).toEqual([
      ...['standard', 'optimized', 'standard', 'standard'],
    ]);
  });
});
