import { parseInstant } from '../domain/instant.ts';
import type { PicoUsd } from '../domain/money.ts';
import type { PricedAs, Scope } from '../domain/usage-event.ts';
import { GUARDRAILS } from './model-names.ts';
import { keyText } from './price-entry.ts';
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

/**
 * Prepares a book for lookups in constant time.
 *
 * @throws PriceIndexError if two entries of one key are in force at the same instant.
 */
export function createPriceIndex(book: PriceBook): PriceIndex {
  const byKey = new Map<string, Record<string, DatedPrice[]>>();
  for (const entry of book.entries) {
    const key = lookupText(entry);
    const meters = byKey.get(key) ?? {};
    byKey.set(key, meters);
    (meters[entry.meter] ??= []).push(datedPrice(entry));
  }
  for (const meters of byKey.values()) for (const list of Object.values(meters)) order(list);
  const pricesFor = (key: PricedAs): MeterPrices => byKey.get(lookupText(key)) ?? NO_PRICES;
  return {
    book,
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

function lookupText(key: PricedAs): string {
  const { model, region, tier, mode, latency_class, context } = key;
  return `${model}|${region}|${priceScope(key.scope)}|${tier}|${mode}|${latency_class}|${context}`;
}

/** Geographic profiles are priced by the regional rows of the source Region. */
function priceScope(scope: Scope): 'regional' | 'global' {
  return scope === 'global' ? 'global' : 'regional';
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
