import { cacheWriteMeter, rateOf, tierAndMode } from './rate.ts';
import type { FamilyReading } from './rate.ts';

/**
 * Families c, d and the Marketplace forms of i, j and k of facts/bedrock-prices.md, section 5. The
 * usage type is the same for every model of the offer: only `servicename` says whose rate it is.
 */
const CAMEL = new RegExp(
  [
    /^MP:(?<inner>[A-Z0-9]+)_(?<what>Input|Output|CacheReadInput|CacheWriteInput|CacheWrite1hInput)/,
    /TokenCount(?<global>_Global)?(?<batch>_Batch)?(?<long>_LCtx)?(?<fast>_LatencyOptimized)?-Units$/,
  ]
    .map((part) => part.source)
    .join(''),
);
const SNAKE = new RegExp(
  [
    /^MP:(?<inner>[A-Z0-9]+)_(?<what>input|output|cache_read|cache_write)_tokens/,
    /(?:_(?<duration>5m|30m|1h))?(?<long>_long_ctx)?(?<global>_global)?/,
    /_(?<tier>standard|batch)-Units$/,
  ]
    .map((part) => part.source)
    .join(''),
);
/** Video alone was met with a scope. */
const OTHER =
  /^MP:(?<inner>[A-Z0-9]+)_(?<what>[Cc]reated_image|search_units|inputTextRequest|inputAudioSecond|inputVideoSecond(?<global>_Global)?)-Units$/;

const CAMEL_METERS: ReadonlyMap<string, string> = new Map([
  ['Input', 'input'],
  ['Output', 'output'],
  ['CacheReadInput', 'cache_read'],
  ['CacheWriteInput', 'cache_write_5m'],
  ['CacheWrite1hInput', 'cache_write_1h'],
]);
const OTHER_METERS = new Map([
  ['created_image', { meter: 'image', unit: 'image' }],
  ['search_units', { meter: 'search_unit', unit: 'search_unit' }],
  ['inputtextrequest', { meter: 'input_text_request', unit: 'request' }],
  ['inputvideosecond', { meter: 'input_video_second', unit: 'second' }],
  ['inputaudiosecond', { meter: 'input_audio_second', unit: 'second' }],
] as const);

/** Reads `MP:USE1_InputTokenCount_Global-Units` and its like. */
export function readCamel(body: string): FamilyReading | null {
  const match = CAMEL.exec(body)?.groups;
  const meter = CAMEL_METERS.get(match?.['what'] ?? '');
  if (!match || meter === undefined) return null;
  const { inner = '', global, batch, long, fast } = match;
  return rateOf('marketplace_camel', meter, {
    ...tierAndMode(batch === undefined ? 'standard' : 'batch'),
    innerPrefix: inner,
    scope: global === undefined ? 'regional' : 'global',
    context: long === undefined ? 'base' : 'long',
    latency_class: fast === undefined ? 'standard' : 'optimized',
  });
}

/** Reads `MP:USE1_cache_write_tokens_1h_standard-Units` and its like. */
export function readSnake(body: string): FamilyReading | null {
  const match = SNAKE.exec(body)?.groups;
  if (!match) return null;
  const { inner = '', what = '', duration, long, global, tier } = match;
  if (duration !== undefined && what !== 'cache_write') return null;
  return rateOf('marketplace_snake', what === 'cache_write' ? cacheWriteMeter(duration) : what, {
    ...tierAndMode(tier),
    innerPrefix: inner,
    scope: global === undefined ? 'regional' : 'global',
    context: long === undefined ? 'base' : 'long',
  });
}

/** Reads images, searches, requests and seconds of Marketplace models. */
export function readMarketplaceOther(body: string): FamilyReading | null {
  const match = OTHER.exec(body)?.groups;
  if (!match) return null;
  const { inner = '', what = '', global } = match;
  const word = what.replace('_Global', '').toLowerCase();
  const found = [...OTHER_METERS].find(([known]) => known === word);
  if (!found) return null;
  const [, { meter, unit }] = found;
  const naming = what.includes('_') ? 'marketplace_snake' : 'marketplace_camel';
  const scope = global === undefined ? 'regional' : 'global';
  return rateOf(naming, meter, { innerPrefix: inner, unit, scope });
}
