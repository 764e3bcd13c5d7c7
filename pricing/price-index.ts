import { parseInstant } from '../domain/instant.ts';
import type { PicoUsd } from '../domain/money.ts';
import { TIERS } from '../domain/usage-event.ts';
import type { PricedAs } from '../domain/usage-event.ts';
import { GUARDRAILS } from './model-names.ts';
import { keyText } from './price-entry.ts';
import { pricesInForce } from './prices-in-force.ts';
import type { PriceBook, PriceEntry } from './price-entry.ts';

/** A price with the instants between which it is in force. */
export interface DatedPrice {
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly price: PicoUsd;
  readonly entry: PriceEntry;
}

/** Dated prices per meter, oldest first. One object per key, so callers may keep it. */
export type MeterPrices = Readonly<Partial<Record<string, readonly DatedPrice[]>>>;

/** A book made ready for lookups. */
export interface PriceIndex {
  readonly book: PriceBook;
  /** Every price of the book, overrides included, with the interval in which it counts. */
  readonly entries: readonly PriceEntry[];
  /** The price of one meter at an instant; undefined where there is none, which is never zero. */
  readonly priceInForce: (
    key: PricedAs & { readonly meter: string },
    atMs: number,
  ) => PriceEntry | undefined;
  /** All meters of a key at once, for the rating of many calls. */
  readonly pricesFor: (key: PricedAs) => MeterPrices;
}

/** Two prices for one key at one instant: such a book may not be used. */
export class PriceIndexError extends Error {
  override readonly name = 'PriceIndexError';
}

const NO_PRICES: MeterPrices = Object.freeze({});

type Meters = Record<string, DatedPrice[]>;

/**
 * Prepares a book for lookups in constant time.
 *
 * @throws PriceIndexError if two entries of one key are in force at the same instant.
 * @throws OverrideError if nobody can say which of two overrides counts.
 */
export function createPriceIndex(book: PriceBook): PriceIndex {
  // Model → Region → the rest of the key as a small number: no text is built per lookup.
  const models = new Map<string, Map<string, Meters[]>>();
  const entries = pricesInForce(book);
  for (const entry of entries) {
    const regions = models.get(entry.model) ?? new Map<string, Meters[]>();
    models.set(entry.model, regions);
    const variants = regions.get(entry.region) ?? [];
    regions.set(entry.region, variants);
    const meters = (variants[variantOf(entry)] ??= {});
    (meters[entry.meter] ??= []).push(datedPrice(entry));
  }
  for (const variants of [...models.values()].flatMap((regions) => [...regions.values()])) {
    for (const meters of variants.filter(Boolean)) Object.values(meters).forEach(order);
  }
  const pricesFor = (key: PricedAs): MeterPrices =>
    models.get(key.model)?.get(key.region)?.[variantOf(key)] ?? NO_PRICES;
  return {
    book,
    entries,
    pricesFor,
    priceInForce: (key, atMs) => {
      const list = pricesFor(modelOfMeter(key))[key.meter];
      return list && inForce(list, atMs)?.entry;
    },
  };
}

/** The price in force at an instant, of one meter's dated prices. */
export function inForce(list: readonly DatedPrice[], atMs: number): DatedPrice | undefined {
  return list.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}

/** Guardrails cost the same whatever model they guard, however it is called. */
export function modelOfMeter<Key extends PricedAs & { readonly meter: string }>(key: Key): Key {
  if (!key.meter.startsWith('guardrail_')) return key;
  const plain = { tier: 'standard', mode: 'on_demand', latency_class: 'standard' } as const;
  return { ...key, ...plain, model: GUARDRAILS, scope: 'regional', context: 'base' };
}

/** Numbers scope, tier, mode, latency class and context. A geographic profile is priced as regional. */
function variantOf(key: PricedAs): number {
  const tier = TIERS.indexOf(key.tier);
  const flags =
    (key.scope === 'global' ? 1 : 0) +
    (key.mode === 'batch' ? 2 : 0) +
    (key.latency_class === 'optimized' ? 4 : 0) +
    (key.context === 'long' ? 8 : 0);
  return tier * 16 + flags;
}

function datedPrice(entry: PriceEntry): DatedPrice {
  const { effective_from: from, effective_to: to, price } = entry;
  return {
    fromMs: from === null ? -Infinity : parseInstant(from),
    toMs: to === null ? Infinity : parseInstant(to),
    price,
    entry,
  };
}

function order(list: DatedPrice[]): void {
  list.sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
  for (const [index, { fromMs, entry }] of list.entries()) {
    const before = list[index - 1];
    if (before && before.toMs > fromMs) {
      const skus = `${before.entry.sku ?? before.entry.offer} and ${entry.sku ?? entry.offer}`;
      throw new PriceIndexError(`price of ${keyText(entry)}: got ${skus} at once, expected one`);
    }
  }
}
