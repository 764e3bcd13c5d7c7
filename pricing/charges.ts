import { HOUR_MS } from '../domain/instant.ts';
import type { TableRow } from '../domain/lake.ts';
import type { PricedAs, UsageEvent } from '../domain/usage-event.ts';
import type { PriceEntry } from './price-entry.ts';
import type { RatedMeter } from './rating.ts';

/** A rated call, and what tells whose charge it is. */
export interface RatedCall {
  readonly event: UsageEvent;
  /** Stands for the event's labels: calls with the same object have the same ones. */
  readonly labels: object;
  /** Whether the call belongs to this window (`call`) or corrects a sealed one. */
  readonly kind: string;
  readonly windowStartMs: number;
}

type ChargedAs = Pick<UsageEvent, 'tenant' | 'cost_center' | 'key'> & PricedAs;

/** Charges of one tenant × key × model. */
interface ChargeGroup {
  readonly of: ChargedAs;
  readonly kind: string;
  readonly windowStartMs: number;
  readonly charges: Map<PriceEntry, Charge>;
}

/** Sums of one meter at one price. */
interface Charge {
  readonly meter: string;
  calls: number;
  quantity: bigint;
  amount: bigint;
}

/** Gathers the charges of a window while its calls are rated. */
export class ChargeSums {
  readonly #priceBook: string;
  readonly #groups = new Map<string, ChargeGroup>();
  /** Built from a dozen texts, a key costs more than all sums of a call: mostly it is known. */
  readonly #known = new Map<object, ChargeGroup>();

  constructor(priceBook: string) {
    this.#priceBook = priceBook;
  }

  add(call: RatedCall, meters: readonly RatedMeter[]): void {
    const { charges } = this.#groupOf(call);
    for (const { meter, quantity, price, amount } of meters) {
      let charge = charges.get(price);
      if (!charge) {
        charge = { meter, calls: 0, quantity: 0n, amount: 0n };
        charges.set(price, charge);
      }
      // A reversal takes back what was charged: its quantities are below zero.
      charge.calls += quantity < 0 ? -1 : 1;
      charge.quantity += BigInt(quantity);
      charge.amount += amount;
    }
  }

  #groupOf({ event, labels, kind, windowStartMs }: RatedCall): ChargeGroup {
    const last = this.#known.get(labels);
    if (last?.kind === kind && last.windowStartMs === windowStartMs) return last;
    const key = groupKey(event, kind, windowStartMs);
    const group = this.#groups.get(key) ?? {
      ...{ of: chargedAs(event), kind, windowStartMs, charges: new Map<PriceEntry, Charge>() },
    };
    this.#groups.set(key, group);
    if (this.#known.size === KNOWN_GROUPS) this.#known.clear();
    this.#known.set(labels, group);
    return group;
  }

  /** Rows of the charges table in a total order. */
  rows(): TableRow[] {
    const sorted = [...this.#groups].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.flatMap(([, group]) =>
      [...group.charges]
        .sort(byMeterAndPrice)
        .map((charge) => rowOf(group, charge, this.#priceBook)),
    );
  }
}

const KNOWN_GROUPS = 4096;

/** Of its own: an event's texts may be parts of a text of megabytes. */
function chargedAs(event: UsageEvent): ChargedAs {
  const { tenant, cost_center, key, model, scope, region, tier, mode } = event;
  const { latency_class, context } = event;
  return {
    ...{ tenant, cost_center, key, model, scope, region, tier, mode, latency_class, context },
  };
}

function groupKey(event: UsageEvent, kind: string, windowStartMs: number): string {
  const { tenant, cost_center, key, model, scope, region, tier, mode } = event;
  const { latency_class, context } = event;
  return `${kind}|${windowStartMs}|${tenant}|${cost_center ?? ''}|${key}|${model}|${scope}|${region}|${tier}|${mode}|${latency_class}|${context}`;
}

type PricedCharge = readonly [PriceEntry, Charge];

function byMeterAndPrice([a, left]: PricedCharge, [b, right]: PricedCharge): number {
  if (left.meter !== right.meter) return left.meter < right.meter ? -1 : 1;
  return (a.effective_from ?? '') < (b.effective_from ?? '') ? -1 : 1;
}

function rowOf(
  { of, kind, windowStartMs }: ChargeGroup,
  [price, { meter, calls, quantity, amount }]: PricedCharge,
  priceBook: string,
): TableRow {
  const { tenant, cost_center, key, model, scope, region, tier, mode } = of;
  return {
    charge_period_start: windowStartMs,
    charge_period_end: windowStartMs + HOUR_MS,
    ...{ kind, tenant, cost_center, key, model, scope, region, tier, mode },
    ...{ latency_class: of.latency_class, context: of.context },
    ...{ meter, calls, quantity, unit: price.unit, unit_price: price.price, amount },
    ...{ offer: price.offer, sku: price.sku, rate_code: price.rate_code, price_book: priceBook },
  };
}
