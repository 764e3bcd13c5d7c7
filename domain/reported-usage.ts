import { NO_TOKENS, TOKEN_METERS, isCount } from './meters.ts';
import type { TokenMeter, TokenUsage } from './meters.ts';
import type { LatencyClass, Tier } from './usage-event.ts';
import { LATENCY_CLASSES, TIERS } from './usage-event.ts';

/**
 * What Bedrock says was used, split once into disjoint meters. Whatever is not whole, or contradicts
 * itself, is nothing said: the outcome is then unknown and not zero.
 */
type Fields = Readonly<Record<string, unknown>>;

/**
 * `usage` of Converse and of the last event of its stream. `inputTokens` leaves out what was read from
 * or written to a cache; `totalTokens` is no safe sum and is not read. A write whose lifetime is not told
 * counts as one of five minutes. docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
 * and API_runtime_CacheDetail.html, read 2026-11-21.
 */
export function usageOfConverse(usage: unknown): TokenUsage | null {
  if (!isFields(usage)) return null;
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheDetails } = usage;
  const details = isList(cacheDetails) ? cacheDetails.filter(isFields) : [];
  const written = (lifetime: string) =>
    details
      .filter(({ ttl }) => ttl === lifetime)
      .reduce((sum, { inputTokens: tokens }) => sum + Number(tokens), 0);
  return usageOf({
    input: inputTokens,
    output: outputTokens,
    cacheRead: cacheReadInputTokens,
    cacheWrite: usage['cacheWriteInputTokens'] ?? written('5m') + written('1h'),
    cacheWrite1h: written('1h'),
  });
}

/** The counts that InvokeModel tells beside a body; texts, as headers have them, or numbers. */
export interface InvokeCounts {
  readonly input: unknown;
  readonly output: unknown;
  readonly cacheRead: unknown;
  readonly cacheWrite: unknown;
  /** How much of what was written to a cache lives an hour; only Anthropic's bodies say. */
  readonly cacheWrite1h?: unknown;
}

/** Reads the counts of one answer. A count that is not there is no tokens; no input count is no usage. */
export function usageOf(counts: InvokeCounts): TokenUsage | null {
  const { cacheWrite1h = 0 } = counts;
  const [input, output, read, write, hour] = [
    ...[counts.input, counts.output, counts.cacheRead, counts.cacheWrite, cacheWrite1h],
  ].map(countOf);
  if (counts.input === undefined || counts.input === null) return null;
  if (input === null || output === null || read === null || write === null) return null;
  if (hour === null || Number(hour) > Number(write)) return null;
  return {
    ...{ input: Number(input), output: Number(output), cache_read: Number(read) },
    cache_write_5m: Number(write) - Number(hour),
    cache_write_1h: Number(hour),
  };
}

const DIGITS = /^\d{1,10}$/;

/** 0 for what is not there, null for what is no count. */
function countOf(value: unknown): number | null {
  if (value === undefined || value === null) return 0;
  const count = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
  return isCount(count) ? count : null;
}

/** Tokens of several answers together. */
export function sumUsage(usages: readonly TokenUsage[]): TokenUsage {
  const sum: Record<TokenMeter, number> = { ...NO_TOKENS };
  for (const usage of usages) for (const meter of TOKEN_METERS) sum[meter] += usage[meter];
  return sum;
}

/** The tier that was served; Bedrock calls the standard one `default`, and says nothing of it at times. */
export function servedTier(type: unknown): Tier {
  return TIERS.find((tier) => tier === type) ?? 'standard';
}

/** The latency class that was served. */
export function servedLatency(latency: unknown): LatencyClass {
  return LATENCY_CLASSES.find((one) => one === latency) ?? 'standard';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
