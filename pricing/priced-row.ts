import type { PicoUsd } from '../domain/money.ts';
import { contradictionOf } from './attribute-check.ts';
import { modelOf } from './model-names.ts';
import type { PriceKey } from './price-entry.ts';
import { refuse } from './price-row.ts';
import type { PriceRow, RefusedRow } from './price-row.ts';
import type { Naming } from './rate.ts';
import { contradictsUnit, readUnit, unitPrice } from './units.ts';
import type { Unit } from './units.ts';
import { setAsideByFeature } from './usage-set-aside.ts';
import { readUsageType } from './usage-type.ts';

/** A row that gives a price. */
export interface PricedRow {
  readonly row: PriceRow;
  /** All ids of its model; the key is that of the first. */
  readonly models: readonly string[];
  readonly key: PriceKey;
  readonly naming: Naming;
  readonly unit: Unit;
  readonly price: PicoUsd;
}

/** What became of a row. */
export type RowOutcome =
  | { readonly kind: 'priced'; readonly priced: PricedRow }
  | { readonly kind: 'refused'; readonly refused: RefusedRow };

/** Prices one row, or says why it has no price. */
export function priceRow(row: PriceRow): RowOutcome {
  const refusal = (reason: string, detail: string): RowOutcome => ({
    kind: 'refused',
    refused: refuse(row, reason, detail),
  });
  const usage = readUsageType(row.usage_type);
  const setAside = setAsideByFeature(row.attributes['feature']);
  if (usage.kind === 'set aside') return refusal(usage.reason, row.usage_type);
  if (usage.kind === 'fault') {
    return setAside === null
      ? refusal(usage.reason, usage.detail)
      : refusal(setAside, usage.detail);
  }
  const { region, rate } = usage;
  const contradiction = contradictionOf(row, region, rate);
  if (contradiction !== null) {
    return refusal('attribute contradicts the usage type', contradiction);
  }
  const model = modelOf(row, rate);
  if (model.kind === 'fault') return refusal(model.reason, model.detail);
  const unit = readUnit(row.unit, row.description);
  if (unit === null) return refusal('unit unknown', `got ${row.unit}`);
  if (unit.unit !== rate.unit || !rate.meter.startsWith(unit.only ?? '')) {
    return refusal('unit does not fit the meter', `got ${row.unit} for ${rate.meter}`);
  }
  if (contradictsUnit(row.description, unit)) {
    return refusal('unit differs from the description', `${row.unit}: ${row.description}`);
  }
  const amount = unitPrice(row.usd, unit.per);
  if (amount.kind === 'fault') return refusal(amount.reason, amount.detail);
  const { meter, scope, tier, mode, latency_class, context, naming } = rate;
  const [first = ''] = model.ids;
  const key = { model: first, meter, scope, region, tier, mode, latency_class, context };
  const priced = { row, models: model.ids, key, naming, unit: unit.unit, price: amount.price };
  return { kind: 'priced', priced };
}
