import { PROVIDERS } from './providers.ts';
import { rateOf, tierAndMode } from './rate.ts';
import type { FamilyReading } from './rate.ts';

/**
 * Families a and e of facts/bedrock-prices.md, section 5: token rows of AmazonBedrock and
 * AmazonBedrockService, such as `NovaPro-input-tokens-priority` and
 * `Claude4Sonnet-output-tokens-long-context-cross-region-global`.
 */
const CLASSIC = new RegExp(
  [
    /^(?<subject>[A-Za-z0-9][A-Za-z0-9.+]*(?:-[A-Za-z0-9.+]+)*?)(?<fast>-LatencyOptimized)?/,
    /-(?<what>(?:text-|speech-)?(?:input|output)-tokens|cache-(?:read|write)-input-token-count|input-(?:image|audio|video)-token-count)/,
    /(?<long>-long-context)?(?:-(?<tier>batch|flex|priority))?/,
    /(?<global>-cross-region-global)?(?:-(?<late>batch))?$/,
  ]
    .map((part) => part.source)
    .join(''),
);

const METERS: ReadonlyMap<string, string> = new Map([
  ['input-tokens', 'input'],
  ['output-tokens', 'output'],
  ['text-input-tokens', 'input'],
  ['text-output-tokens', 'output'],
  ['speech-input-tokens', 'input_speech_token'],
  ['speech-output-tokens', 'output_speech_token'],
  ['cache-read-input-token-count', 'cache_read'],
  ['cache-write-input-token-count', 'cache_write_5m'],
  ['input-image-token-count', 'input_image_token'],
  ['input-audio-token-count', 'input_audio_token'],
  ['input-video-token-count', 'input_video_token'],
]);

/**
 * Words that modify a rate and so are never part of a model's name. In the case they are written in:
 * `TitanEmbeddingV2-Text` is a name.
 */
const MODIFIER =
  /(?:^|-)(?:batch|flex|priority|standard|global|geo|regional|custom|reserved|mantle|cache|read|write|tokens?|input|output|long|context|text|speech|cross|region|LatencyOptimized|ProvisionedThroughput|Custom|Customization)(?:-|$)/;

/** Can these words be a model's name? A model id here is a mantle usage type that lost its boundary. */
export function areModelWords(words: string): boolean {
  return !MODIFIER.test(words) && !PROVIDERS.has(words.split('.')[0] ?? '');
}

/** Reads a classic token usage type. */
export function readClassic(body: string): FamilyReading | null {
  const match = CLASSIC.exec(body)?.groups;
  if (!match) return null;
  const { subject = '', fast, what = '', long, tier, global, late } = match;
  // A trailing -batch stands behind -cross-region-global only, and never for a second time.
  if (late !== undefined && (global === undefined || tier !== undefined)) return null;
  const meter = METERS.get(what);
  if (meter === undefined || !areModelWords(subject)) return null;
  return rateOf('classic', meter, {
    ...tierAndMode(tier ?? late),
    subject,
    scope: global === undefined ? 'regional' : 'global',
    latency_class: fast === undefined ? 'standard' : 'optimized',
    context: long === undefined ? 'base' : 'long',
  });
}
