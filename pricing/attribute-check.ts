import { EDITION } from './price-row.ts';
import type { PriceRow } from './price-row.ts';
import type { Rate } from './rate.ts';
import { REGION_OF_LOCATION } from './regions.ts';

/**
 * Attributes confirm what the usage type says; they never replace it. Each check returns what
 * contradicts, or null. An attribute that is absent says nothing: mantle rows have no `feature`, cache
 * rows often no `inferenceType` (facts/bedrock-prices.md, section 3).
 */
export function contradictionOf(row: PriceRow, region: string, rate: Rate): string | null {
  const { feature, inferenceType, service_tier, tokenType } = row.attributes;
  const origin = contradictingOrigin(row, region);
  if (origin !== null) return origin;
  if ((row.offer === 'AmazonBedrockFoundationModels') !== rate.naming.startsWith('marketplace')) {
    return `${rate.naming} naming in ${row.offer}`;
  }
  if (feature !== undefined && !fitsFeature(feature, rate)) return `feature ${feature}`;
  if (inferenceType !== undefined && !fitsInferenceType(inferenceType, rate)) {
    return `inferenceType ${inferenceType}`;
  }
  if (service_tier !== undefined && service_tier.toLowerCase() !== serviceTierOf(rate)) {
    return `service_tier ${service_tier}`;
  }
  if (tokenType !== undefined && !fitsTokenType(tokenType, rate)) return `tokenType ${tokenType}`;
  const { description } = row;
  return fitsDescription(description, region, rate) ? null : `description ${description}`;
}

/** Where and by which offer a row is sold. */
function contradictingOrigin({ offer, attributes }: PriceRow, region: string): string | null {
  const { regionCode, location, servicecode, servicename } = attributes;
  if (regionCode !== undefined && regionCode !== region) return `regionCode ${regionCode}`;
  // A location that the table lacks says nothing: names of places drift.
  const place = REGION_OF_LOCATION.get(location ?? '');
  if (place !== undefined && place !== region) return `location ${location ?? ''}`;
  if (servicecode !== undefined && servicecode !== offer) return `servicecode ${servicecode}`;
  const edition = servicename?.endsWith(EDITION) ?? false;
  const marketplace = offer === 'AmazonBedrockFoundationModels';
  return edition && !marketplace ? `servicename ${servicename ?? ''}` : null;
}

function fitsFeature(feature: string, rate: Rate): boolean {
  const guardrail = rate.meter.startsWith('guardrail_');
  switch (feature.toLowerCase()) {
    case 'guardrail':
      return guardrail;
    case 'batch inference':
      return rate.mode === 'batch' && !guardrail;
    case 'on-demand inference':
      // Global batch rows say "On-demand Inference" all the same (section 3).
      return !guardrail && (rate.mode === 'on_demand' || rate.scope === 'global');
    default:
      return false;
  }
}

/** Mantle rows: `standard`, `flex`, `priority`, `batch`, each also with `global-` before it. */
function serviceTierOf(rate: Rate): string {
  const word = rate.mode === 'batch' ? 'batch' : rate.tier;
  return rate.scope === 'global' ? `global-${word}` : word;
}

/** Grok 4.3: `input_tokens_mantle` instead of an `inferenceType`; no other naming says so. */
function fitsTokenType(tokenType: string, rate: Rate): boolean {
  const meter = /^(input|output|cache_read|cache_write)_tokens_mantle$/.exec(tokenType)?.[1];
  if (rate.naming !== 'mantle') return false;
  return meter === (rate.meter.startsWith('cache_write') ? 'cache_write' : rate.meter);
}

/** Words of `inferenceType` that claim something, and when the claim is true. */
const CLAIMS: ReadonlyMap<string, (rate: Rate) => boolean> = new Map<
  string,
  (rate: Rate) => boolean
>([
  ['input', ({ meter }) => !meter.startsWith('output')],
  ['output', ({ meter }) => meter.startsWith('output')],
  ['response', ({ meter }) => meter.startsWith('output')],
  ['cache', ({ meter }) => meter.startsWith('cache_')],
  ['read', ({ meter }) => meter === 'cache_read'],
  ['write', ({ meter }) => meter.startsWith('cache_write')],
  ['5m', ({ meter }) => meter === 'cache_write_5m'],
  ['30m', ({ meter }) => meter === 'cache_write_30m'],
  ['1h', ({ meter }) => meter === 'cache_write_1h'],
  ['text', ({ meter }) => !/speech|image|audio|video/.test(meter)],
  ['speech', ({ meter }) => meter.includes('speech')],
  ['image', ({ meter }) => meter.includes('image')],
  ['audio', ({ meter }) => meter.includes('audio')],
  ['video', ({ meter }) => meter.includes('video')],
  ['document', ({ meter }) => meter.includes('document')],
  ['batch', ({ mode }) => mode === 'batch'],
  ['flex', ({ tier }) => tier === 'flex'],
  ['priority', ({ tier }) => tier === 'priority'],
  ['standard', ({ tier, mode }) => tier === 'standard' && mode === 'on_demand'],
  ['long', ({ context }) => context === 'long'],
  ['ctx', ({ context }) => context === 'long'],
  ['latency', (rate) => rate.latency_class === 'optimized'],
  ['optimized', (rate) => rate.latency_class === 'optimized'],
  ['global', ({ scope }) => scope === 'global'],
  ['regional', ({ scope }) => scope === 'regional'],
]);
const FILLERS: ReadonlySet<string> = new Set([
  ...['token', 'tokens', 'count', 'prompt', 'context', 'understanding', 'generation'],
  ...['cross', 'region', 'mantle', 'second', 'seconds'],
]);

/**
 * Batch rows of the classic naming say plain "Input tokens", so most modifiers may be missing here; one
 * that is here must be true, and a word that is not known may be a modifier.
 */
function fitsInferenceType(inferenceType: string, rate: Rate): boolean {
  const words = wordsOf(inferenceType);
  if (rate.variant !== null) return words.join(' ') === wordsOf(rate.variant).join(' ');
  const required = requiredWords(rate);
  if (required.some((word) => !words.includes(word))) return false;
  return words.every((word) => CLAIMS.get(word)?.(rate) ?? FILLERS.has(word));
}

/** Words that `inferenceType` never leaves out where they apply (facts, sections 3 and 5). */
function requiredWords(rate: Rate): string[] {
  const required: string[] = [];
  if (rate.meter.startsWith('cache_')) required.push('cache');
  if (rate.meter.includes('speech')) required.push('speech');
  if (rate.tier !== 'standard') required.push(rate.tier);
  if (rate.context === 'long' && rate.naming === 'classic') required.push('long');
  return required;
}

/**
 * Marketplace rows have no other second witness: "Million Batch Input Tokens Regional" beside a usage
 * type that says on-demand is a contradiction, and so is another Region between its bars. Older ones
 * leave words out or add `[CRIS]`.
 */
function fitsDescription(description: string, region: string, rate: Rate): boolean {
  if (!rate.naming.startsWith('marketplace')) return true;
  const parts = description.split('|');
  if (parts.some((part) => REGIONS.has(part) && part !== region)) return false;
  const text = parts.at(-1) ?? '';
  if (!text.startsWith('Million ')) return true;
  return wordsOf(text).every((word) => CLAIMS.get(word)?.(rate) ?? true);
}

const REGIONS: ReadonlySet<string> = new Set(REGION_OF_LOCATION.values());

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}
