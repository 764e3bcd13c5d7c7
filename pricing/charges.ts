import { HOUR_MS } from '../domain/instant.ts';
import type { TableRow } from '../domain/lake.ts';
import type { UsageEvent } from '../domain/usage-event.ts';
import type { PriceEntry } from './price-entry.ts';
import type { RatedMeter } from './rating.ts';

/** Sums of one tenant × key × model × price × meter. */
interface Charge {
  readonly event: UsageEvent;
  readonly kind: string;
  readonly windowStartMs: number;
  readonly price: PriceEntry;
  readonly meter: string;
  calls: bigint;
  quantity: bigint;
  amount: bigint;
}

/** Gathers the charges of a window while its calls are rated. */
export function createChargeSums(priceBook: string) {
  const groups = new Map<string, Map<PriceEntry, Charge>>();

  return {
    /** @param of - whether the call belongs to this window (`call`) or to a sealed one (`late`). */
    add(
      event: UsageEvent,
      of: { readonly kind: string; readonly windowStartMs: number },
      meters: readonly RatedMeter[],
    ): void {
      const key = groupKey(event, of);
      const known = groups.get(key);
      const group = known ?? new Map<PriceEntry, Charge>();
      if (!known) groups.set(key, group);
      for (const { meter, quantity, price, amount } of meters) {
        let charge = group.get(price);
        if (!charge) {
          charge = { event, ...of, price, meter, calls: 0n, quantity: 0n, amount: 0n };
          group.set(price, charge);
        }
        charge.calls += 1n;
        charge.quantity += BigInt(quantity);
        charge.amount += amount;
      }
    },

    /** Rows of the charges table in a total order. */
    rows(): TableRow[] {
      const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
      return sorted.flatMap(([, group]) =>
        [...group.values()].sort(byMeterAndPrice).map((charge) => rowOf(charge, priceBook)),
      );
    },
  };
}

function groupKey(
  event: UsageEvent,
  { kind, windowStartMs }: { readonly kind: string; readonly windowStartMs: number },
): string {
  const { tenant, cost_center, key, model, scope, region, tier, mode } = event;
  const { latency_class, context } = event;
  return `${kind}|${windowStartMs}|${tenant}|${cost_center ?? ''}|${key}|${model}|${scope}|${region}|${tier}|${mode}|${latency_class}|${context}`;
}

function byMeterAndPrice(a: Charge, b: Charge): number {
  if (a.meter !== b.meter) return a.meter < b.meter ? -1 : 1;
  return (a.price.effective_from ?? '') < (b.price.effective_from ?? '') ? -1 : 1;
}

function rowOf(charge: Charge, priceBook: string): TableRow {
  const { event, kind, windowStartMs, price, meter, calls, quantity, amount } = charge;
  const { tenant, cost_center, key, model, scope, region, tier, mode } = event;
  return {
    charge_period_start: windowStartMs,
    charge_period_end: windowStartMs + HOUR_MS,
    ...{ kind, tenant, cost_center, key, model, scope, region, tier, mode },
    ...{ latency_class: event.latency_class, context: event.context },
    ...{ meter, calls, quantity, unit: price.unit, unit_price: price.price, amount },
    ...{ offer: price.offer, sku: price.sku, rate_code: price.rate_code, price_book: priceBook },
  };
}
