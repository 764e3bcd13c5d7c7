import { TOKEN_METERS } from '../domain/meters.ts';
import { CALL_LIMIT_PUSD, picoUsd } from '../domain/money.ts';
import type { PicoUsd } from '../domain/money.ts';
import type { UsageEvent } from '../domain/usage-event.ts';
import { parseModelId } from './model-id.ts';
import { standingText } from './model-standing.ts';
import type { PriceEntry } from './price-entry.ts';
import { inForce, modelOfMeter } from './price-index.ts';
import type { PriceIndex } from './price-index.ts';

/** One meter of one call at the price in force when the call was admitted. */
export interface RatedMeter {
  /** A token meter, or one of `UsageEvent.other`. */
  readonly meter: string;
  readonly quantity: number;
  readonly price: PriceEntry;
  /** quantity × unit price, exact. */
  readonly amount: PicoUsd;
}

/** A call is priced whole or not at all; an unpriced one waits for a price and is never free. */
export type Rating =
  | { readonly kind: 'priced'; readonly cost: PicoUsd; readonly meters: readonly RatedMeter[] }
  | { readonly kind: 'unpriced'; readonly reason: string };

/**
 * Rates one usage event. Deterministic: a window rated again gives the same charges.
 *
 * @param prices - read at `event.admitted_ms`: the price in force then applies, not today's.
 */
export function rateUsageEvent(event: UsageEvent, prices: PriceIndex): Rating {
  const ofModel = prices.pricesFor(event);
  const meters: RatedMeter[] = [];
  let cost = 0n;
  for (const meter of TOKEN_METERS) {
    const quantity = event[meter];
    if (quantity === 0) continue;
    const price = inForce(ofModel[meter] ?? [], event.admitted_ms);
    if (price === undefined) return { kind: 'unpriced', reason: noPriceFor(meter, event.model) };
    const amount = picoUsd(BigInt(quantity) * price.price);
    meters.push({ meter, quantity, price: price.entry, amount });
    cost += amount;
  }
  // Almost no call has any: each is looked up for itself.
  for (const meter in event.other) {
    const quantity = event.other[meter] ?? 0;
    if (quantity === 0) continue;
    const key = modelOfMeter({ ...event, meter });
    const price = inForce(prices.pricesFor(key)[meter] ?? [], event.admitted_ms);
    if (price === undefined) return { kind: 'unpriced', reason: noPriceFor(meter, key.model) };
    const amount = picoUsd(BigInt(quantity) * price.price);
    meters.push({ meter, quantity, price: price.entry, amount });
    cost += amount;
  }
  if (cost >= CALL_LIMIT_PUSD) {
    return { kind: 'unpriced', reason: 'cost of one call reaches a million USD' };
  }
  return { kind: 'priced', cost: picoUsd(cost), meters };
}

/** The same rating with its quantities and amounts below zero. */
export function takeBack(rating: Rating): Rating {
  if (rating.kind === 'unpriced') return rating;
  const meters = rating.meters.map((each) => ({
    ...each,
    quantity: 0 - each.quantity,
    amount: picoUsd(0n - each.amount),
  }));
  return { kind: 'priced', cost: picoUsd(0n - rating.cost), meters };
}

/** What is not sold by tokens says so: no row of any offer will ever price it. */
function noPriceFor(meter: string, model: string): string {
  const id = parseModelId(model);
  const standing = id.kind === 'unknown' ? null : standingText(id);
  return standing ?? `no price for meter ${meter}`;
}
