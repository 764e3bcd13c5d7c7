import type { Context, LatencyClass, Mode, Tier } from '../domain/usage-event.ts';
import type { PicoUsd } from '../domain/money.ts';
import type { Offer } from './price-row.ts';
import type { Naming, PriceScope } from './rate.ts';
import type { Unit } from './units.ts';

/** What a price is for. At most one price is in force per key and instant. */
export interface PriceKey {
  readonly model: string;
  /** Token meters as in domain/meters.ts; others by plain names such as `image`. */
  readonly meter: string;
  readonly scope: PriceScope;
  /** Source Region: the one that is called. */
  readonly region: string;
  readonly tier: Tier;
  readonly mode: Mode;
  readonly latency_class: LatencyClass;
  readonly context: Context;
}

/** Another row that publishes the same price under another naming. */
export interface Twin {
  readonly offer: Offer;
  readonly sku: string | null;
  readonly rate_code: string | null;
  readonly naming: Naming;
}

/** One price and where it came from. */
export interface PriceEntry extends PriceKey {
  readonly unit: Unit;
  /** For one unit. */
  readonly price: PicoUsd;
  /** Instant, inclusive; null: in force ever since. */
  readonly effective_from: string | null;
  /** Instant, exclusive; null: still in force. */
  readonly effective_to: string | null;
  /** `override`: set by the operator, not read from an offer. */
  readonly offer: Offer | 'override';
  readonly sku: string | null;
  readonly rate_code: string | null;
  /** Instant of the publication the row was read from. */
  readonly publication: string | null;
  readonly naming: Naming | 'override';
  readonly usage_type: string | null;
  readonly twins: readonly Twin[];
}

/**
 * A price that an operator sets: for what no offer sells, or against what an offer says. Appended,
 * never changed; of two that hold at one instant the one recorded last counts.
 */
export interface PriceOverride extends PriceKey {
  readonly unit: Unit;
  /** For one unit; null takes earlier overrides back, so that the published price counts again. */
  readonly price: PicoUsd | null;
  /** Instant, inclusive. */
  readonly effective_from: string;
  /** Instant, exclusive; null: until another one is recorded. */
  readonly effective_to: string | null;
  /** Instant at which it was set. */
  readonly recorded_at: string;
  readonly author: string;
  readonly reason: string;
}

/** A row that became no price: refused alone, or ambiguous together with others. */
export interface RejectedRow {
  readonly offer: string;
  readonly sku: string | null;
  readonly usage_type: string | null;
  readonly name: string | null;
  readonly outcome: 'refused' | 'ambiguous';
  readonly reason: string;
  readonly detail: string;
}

/** Every row read, counted once, twins included: `read = priced + refused + ambiguous`. */
export interface PriceAccount {
  readonly read: number;
  readonly priced: number;
  /** By reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly ambiguous: number;
}

/** One publication of an offer that entries of a book come from. */
export interface BookOffer {
  readonly offer: string;
  /** Region that was asked for; null where rows were not read by Region. */
  readonly region: string | null;
  readonly version: string | null;
  readonly publication: string | null;
  readonly rows: number;
  /** sha256 hex of the rows as they were kept; null where they were not. */
  readonly snapshot: string | null;
}

/** Schema name of a book. */
export const PRICE_BOOK_SCHEMA = 'tollbook.price-book/1';

/** When entries begin: `recorded` pages have made-up dates, so their prices hold at any instant. */
export type Dating = 'recorded' | 'published';

/** All prices at one state of the offers; immutable, named by the hash of its encoding. */
export interface PriceBook {
  readonly schema: typeof PRICE_BOOK_SCHEMA;
  readonly dated: Dating;
  readonly offers: readonly BookOffer[];
  /**
   * Published prices of all times, in the order of `compareEntries`. What is in force, overrides
   * included, `pricesInForce` says.
   */
  readonly entries: readonly PriceEntry[];
  /** In the order of `compareOverrides`. */
  readonly overrides: readonly PriceOverride[];
  readonly account: PriceAccount;
  readonly rejected: readonly RejectedRow[];
}

/** One text per key, unique. */
export function keyText(key: PriceKey): string {
  const { model, region, scope, tier, mode, latency_class, context, meter } = key;
  return [model, region, scope, tier, mode, latency_class, context, meter].join('|');
}
