import type { Context, LatencyClass, Mode, Scope, Tier } from '../domain/usage-event.ts';
import type { Unit } from './units.ts';

/** How a usage type is spelt. One rate may be published in two spellings. */
export const NAMINGS = ['classic', 'mantle', 'marketplace_camel', 'marketplace_snake'] as const;
/** See `NAMINGS`. */
export type Naming = (typeof NAMINGS)[number];

/** Scopes that have rows of their own: a geographic profile is priced by the regional rows. */
export type PriceScope = Exclude<Scope, 'geo'>;

/** What a usage type says, all of it. */
export interface Rate {
  readonly naming: Naming;
  /** Words for the model in the usage type; null where it has none. A model id in `mantle`. */
  readonly subject: string | null;
  /** Region prefix inside a Marketplace usage type, which must agree with the leading one. */
  readonly innerPrefix: string | null;
  readonly meter: string;
  readonly unit: Unit;
  readonly scope: PriceScope;
  readonly tier: Tier;
  readonly mode: Mode;
  readonly latency_class: LatencyClass;
  readonly context: Context;
  /** Size and kind of an image, as `inferenceType` repeats it. */
  readonly variant: string | null;
}

/** What a family of usage types makes of a text that is its own. */
export type FamilyReading =
  | { readonly kind: 'rate'; readonly rate: Rate }
  | { readonly kind: 'set aside'; readonly reason: string };

/** One family of usage types: null for a text of another family. The Region prefix is cut off. */
export type UsageFamily = (body: string) => FamilyReading | null;

const PLAIN = {
  subject: null,
  innerPrefix: null,
  unit: 'token',
  scope: 'regional',
  tier: 'standard',
  mode: 'on_demand',
  latency_class: 'standard',
  context: 'base',
  variant: null,
} as const;

/** A rate that names only what differs from plain regional on-demand standard tokens. */
export function rateOf(
  naming: Naming,
  meter: string,
  differs: Partial<Omit<Rate, 'naming' | 'meter'>>,
): FamilyReading {
  return { kind: 'rate', rate: { ...PLAIN, naming, meter, ...differs } };
}

/** Tier and mode of the word that stands for both: batch is a mode, the others are tiers. */
export function tierAndMode(word: string | undefined): {
  readonly tier: Tier;
  readonly mode: Mode;
} {
  if (word === 'batch') return { tier: 'standard', mode: 'batch' };
  const tier = word === 'flex' || word === 'priority' ? word : 'standard';
  return { tier, mode: 'on_demand' };
}

/**
 * Meter of a cache write. A row without a duration is the five-minute one
 * (facts/bedrock-prices.md, section 11).
 */
export function cacheWriteMeter(duration: string | undefined): string {
  return `cache_write_${duration ?? '5m'}`;
}
