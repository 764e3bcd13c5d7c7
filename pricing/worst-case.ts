import type { OtherMeters } from '../domain/other-meters.ts';
import { picoUsd } from '../domain/money.ts';
import type { PicoUsd } from '../domain/money.ts';
import type { PricedAs } from '../domain/usage-event.ts';
import { contextOf } from './long-context.ts';
import { inForce, modelOfMeter } from './price-index.ts';
import type { MeterPrices, PriceIndex } from './price-index.ts';

/** What a call can use at most. */
export interface UsageBound {
  /** All input tokens, cached ones included. */
  readonly input: number;
  readonly output: number;
  /** Quantities that are known before the call, such as images: meter → whole units. */
  readonly other: OtherMeters;
  /** Units that each policy of the call's guardrail can take, whichever it has; empty without one. */
  readonly guardrail: OtherMeters;
}

/** An operator may price any of them dearest. */
const INPUT_METERS = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h'];

/**
 * The most a call can cost: every input token at the dearest input meter, every output token, and what
 * else it asks for, at the dearest of the ways in which it may be served.
 *
 * @param ways - How the call may come to be priced: the tier asked for, and the standard one.
 * @returns null where one of the ways has no price to hold by.
 */
export function worstCase(
  prices: PriceIndex,
  ways: readonly PricedAs[],
  { bound, atMs }: { readonly bound: UsageBound; readonly atMs: number },
): PicoUsd | null {
  let dearest = 0n;
  for (const way of withLongContext(ways, bound.input, atMs)) {
    const cost = costOf(prices.pricesFor(way), bound, atMs);
    if (cost === null) return null;
    if (cost > dearest) dearest = cost;
  }
  const [plain] = ways;
  const guarding = plain ? costOfGuardrail(prices, plain, { bound, atMs }) : 0n;
  return guarding === null ? null : picoUsd(dearest + guarding);
}

/**
 * Every policy that has a price: nobody knows which of them the guardrail has. One that has none leaves
 * the call unpriced if it is used, and then all that was held stays held.
 */
function costOfGuardrail(
  prices: PriceIndex,
  way: PricedAs,
  { bound, atMs }: { readonly bound: UsageBound; readonly atMs: number },
): bigint | null {
  const units = Object.entries(bound.guardrail);
  if (units.length === 0) return 0n;
  const costs = units.flatMap(([meter, quantity]) => {
    const dated = prices.pricesFor(modelOfMeter({ ...way, meter }))[meter] ?? [];
    const price = inForce(dated, atMs)?.price;
    return price === undefined ? [] : [BigInt(quantity) * price];
  });
  return costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0n);
}

/** A bound beyond a model's threshold may turn out to be a long call, or not. */
function withLongContext(ways: readonly PricedAs[], input: number, atMs: number): PricedAs[] {
  return ways.flatMap((way) => {
    const context = contextOf(way.model, input, atMs);
    return context === way.context ? [way] : [way, { ...way, context }];
  });
}

function costOf(meters: MeterPrices, { input, output, other }: UsageBound, atMs: number) {
  const rate = (meter: string) => inForce(meters[meter] ?? [], atMs)?.price;
  const inputs = INPUT_METERS.flatMap((meter) => rate(meter) ?? []);
  // What is sold by the picture or the search is not sold by the token as well: it reads for nothing.
  const byTokens = Object.values(other).every((quantity) => quantity === 0);
  if (inputs.length === 0 && input > 0 && byTokens) return null;
  const dearest = inputs.reduce((most, price) => (price > most ? price : most), 0n);
  let cost = BigInt(input) * dearest;
  for (const [meter, quantity] of [['output', output] as const, ...Object.entries(other)]) {
    if (quantity === 0) continue;
    const price = rate(meter);
    if (price === undefined) return null;
    cost += BigInt(quantity) * price;
  }
  return cost;
}
