import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPromptCache } from '../../../../runtime/local/simulation/prompt-cache.ts';
import type { TraceRow } from '../../../../runtime/local/simulation/trace.ts';

const row = (atMs: number, inputTokens: number, blocks: number[] | null): TraceRow => ({
  ...{ atMs, inputTokens, outputTokens: 3, blocks, trace: 'test' },
});
const FIVE_MINUTES = 300_000;

describe('a prompt cache', () => {
  it('writes a block that is new and reads one that is known; the rest is uncached', () => {
    const cache = createPromptCache();

    // 1,200 tokens: blocks of 512 and 512 are written, 176 are left.
    expect(cache.usageOf(row(0, 1200, [1, 2]), 'a')).toEqual({
      ...{ input: 176, cache_read: 0, cache_write_5m: 1024, cache_write_1h: 0, output: 3 },
    });
    // 1,300 tokens: block 1 is read, 3 is new, 276 are left.
    expect(cache.usageOf(row(1, 1300, [1, 3]), 'a')).toMatchObject({
      ...{ input: 276, cache_read: 512, cache_write_5m: 512 },
    });
  });

  it('counts a last block that is not full as what it holds', () => {
    // 600 tokens: 512 and 88.
    expect(createPromptCache().usageOf(row(0, 600, [1, 2]), 'a')).toMatchObject({
      ...{ input: 0, cache_write_5m: 600 },
    });
  });

  it('remembers a block for five minutes, the last instant included, from its last use', () => {
    const readAt = (...instants: number[]) => {
      const cache = createPromptCache();
      return instants.map((at) => cache.usageOf(row(at, 512, [1]), 'a').cache_read);
    };

    expect(readAt(0, FIVE_MINUTES)).toEqual([0, 512]);
    expect(readAt(0, FIVE_MINUTES + 1)).toEqual([0, 0]);
    expect(readAt(0, FIVE_MINUTES, 2 * FIVE_MINUTES)).toEqual([0, 512, 512]);
    expect(readAt(0, FIVE_MINUTES + 1, FIVE_MINUTES + 2)).toEqual([0, 0, 512]);
  });

  it('is one per tenant', () => {
    const cache = createPromptCache();
    cache.usageOf(row(0, 512, [1]), 'a');

    expect(cache.usageOf(row(1, 512, [1]), 'b').cache_read).toBe(0);
    expect(cache.usageOf(row(2, 512, [1]), 'a').cache_read).toBe(512);
  });

  it('reads a block that stands twice in one prompt the second time', () => {
    expect(createPromptCache().usageOf(row(0, 1024, [1, 1]), 'a')).toMatchObject({
      ...{ cache_write_5m: 512, cache_read: 512 },
    });
  });

  it('splits every prompt into meters that add up to it, whatever its blocks', () => {
    const anyRow = fc.record({
      atMs: fc.nat(1_000_000),
      inputTokens: fc.nat(5000),
      blocks: fc.option(fc.array(fc.nat(5), { maxLength: 12 })),
    });
    fc.assert(
      fc.property(fc.array(anyRow), (rows) => {
        const cache = createPromptCache();
        for (const { atMs, inputTokens, blocks } of rows) {
          const usage = cache.usageOf(row(atMs, inputTokens, blocks), 'a');
          const { input, cache_read: read, cache_write_5m: written } = usage;
          expect(input + read + written).toBe(inputTokens);
          expect(Math.min(input, read, written)).toBeGreaterThanOrEqual(0);
          expect([usage.cache_write_1h, usage.output]).toEqual([0, 3]);
        }
      }),
    );
  });
});
