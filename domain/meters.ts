/** The disjoint token quantities of a call: each billed token is in exactly one of them. */
export const TOKEN_METERS = [
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output',
] as const;

/** A token meter. `input` is the uncached remainder; `output` includes reasoning. */
export type TokenMeter = (typeof TOKEN_METERS)[number];

/** Whole tokens per meter. */
export type TokenUsage = Readonly<Record<TokenMeter, number>>;

/** No tokens at all. */
export const NO_TOKENS: TokenUsage = {
  input: 0,
  cache_read: 0,
  cache_write_5m: 0,
  cache_write_1h: 0,
  output: 0,
};

/** More tokens than this in one call is a broken counter, not a call. */
export const TOKENS_MAX = 1_000_000_000;

/** Is this a whole, non-negative, believable count? */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= TOKENS_MAX;
}
