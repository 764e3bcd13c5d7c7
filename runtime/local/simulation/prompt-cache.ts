import { NO_TOKENS } from '../../../domain/meters.ts';
import type { TokenUsage } from '../../../domain/meters.ts';
import type { TraceRow } from './trace.ts';

const BLOCK_TOKENS = 512;
const LIFETIME_MS = 5 * 60_000;

/**
 * A prompt cache per tenant over the trace's prefix blocks: a block seen within five minutes is read,
 * any other is written. Tokens beyond the blocks are uncached; the meters add up to the prompt.
 */
export function createPromptCache() {
  const seen = new Map<string, number>();
  return {
    usageOf(row: TraceRow, tenant: string): TokenUsage {
      let rest = row.inputTokens;
      let [read, written] = [0, 0];
      for (const block of row.blocks ?? []) {
        const tokens = Math.min(BLOCK_TOKENS, rest);
        const key = `${tenant}/${block}`;
        const before = seen.get(key);
        if (before !== undefined && row.atMs - before <= LIFETIME_MS) read += tokens;
        else written += tokens;
        seen.set(key, row.atMs);
        rest -= tokens;
      }
      return {
        ...NO_TOKENS,
        ...{ input: rest, cache_read: read, cache_write_5m: written, output: row.outputTokens },
      };
    },
  };
}
