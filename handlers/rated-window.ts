import type { IdentifiedLine, QuarantinedLine } from '../domain/accept-lines.ts';
import type { TableRow } from '../domain/lake.ts';
import { hourOf } from '../domain/instant.ts';
import { identityOf } from '../domain/usage-event.ts';
import type { UsageEvent } from '../domain/usage-event.ts';
import { parseUsageLine } from '../domain/usage-line.ts';
import { addRow, noTotals } from '../domain/window-totals.ts';
import type { Totals } from '../domain/window-totals.ts';
import { createChargeSums } from '../pricing/charges.ts';
import type { PriceIndex } from '../pricing/price-index.ts';
import { rateUsageEvent } from '../pricing/rating.ts';

/** A line that becomes a row: of this window, or late, of a sealed one. */
export interface AcceptedLine extends IdentifiedLine {
  readonly kind: 'call' | 'late';
}

/** What rating a window adds up, complete once its rows were all read. */
export interface RatedWindow {
  /** Rows of the usage table, in the order of the lines; parsed and priced one by one. */
  readonly usageRows: () => Generator<TableRow>;
  readonly chargeRows: () => TableRow[];
  /** Lines whose MAC holds but whose content does not. */
  readonly quarantined: readonly (QuarantinedLine & Pick<AcceptedLine, 'kind'>)[];
  readonly totals: Totals;
  readonly late: Totals;
  readonly tenants: ReadonlyMap<string, Totals>;
}

/** Rates accepted lines; one event at a time is held, so a full window needs little memory. */
export function rateWindow(
  lines: readonly AcceptedLine[],
  prices: PriceIndex,
  priceBook: string,
): RatedWindow {
  const charges = createChargeSums(priceBook);
  const quarantined: (QuarantinedLine & Pick<AcceptedLine, 'kind'>)[] = [];
  const [totals, late] = [noTotals(), noTotals()];
  const tenants = new Map<string, Totals>();

  function* usageRows(): Generator<TableRow> {
    for (const line of lines) {
      const parsed = parseUsageLine(line.text);
      if (!parsed.ok) {
        const { text, emittedMs, kind } = line;
        const identity = identityOf(line);
        quarantined.push({ text, emittedMs, kind, reason: parsed.fault, identity });
        continue;
      }
      const { event } = parsed;
      const rating = rateUsageEvent(event, prices);
      const windowStartMs = hourOf(event.admitted_ms);
      const cost = rating.kind === 'priced' ? rating.cost : null;
      addRow(totals, event, cost);
      if (line.kind === 'late') addRow(late, event, cost);
      addRow(totalsOf(tenants, event.tenant), event, cost);
      if (rating.kind === 'priced') {
        charges.add(event, { kind: line.kind, windowStartMs }, rating.meters);
      }
      const unpriced = rating.kind === 'priced' ? null : rating.reason;
      yield rowOf(event, { kind: line.kind, windowStartMs, cost, unpriced, priceBook });
    }
  }

  return { usageRows, chargeRows: () => charges.rows(), quarantined, totals, late, tenants };
}

function totalsOf(tenants: Map<string, Totals>, tenant: string): Totals {
  const known = tenants.get(tenant);
  if (known) return known;
  const totals = noTotals();
  tenants.set(tenant, totals);
  return totals;
}

interface RowFacts {
  readonly kind: string;
  readonly windowStartMs: number;
  readonly cost: bigint | null;
  readonly unpriced: string | null;
  readonly priceBook: string;
}

function rowOf(event: UsageEvent, facts: RowFacts): TableRow {
  const other = Object.keys(event.other).length > 0 ? JSON.stringify(event.other) : null;
  return {
    id: event.id,
    attempt: event.attempt,
    admitted_at: event.admitted_ms,
    settled_at: event.settled_ms,
    kind: facts.kind,
    window_start: facts.windowStartMs,
    tenant: event.tenant,
    cost_center: event.cost_center,
    key: event.key,
    project: event.project,
    api: event.api,
    model_requested: event.model_requested,
    model: event.model,
    scope: event.scope,
    region: event.region,
    tier: event.tier,
    mode: event.mode,
    latency_class: event.latency_class,
    context: event.context,
    outcome: event.outcome,
    status: event.status,
    stream: event.stream,
    latency_ms: event.latency_ms,
    first_byte_ms: event.first_byte_ms,
    input: event.input,
    cache_read: event.cache_read,
    cache_write_5m: event.cache_write_5m,
    cache_write_1h: event.cache_write_1h,
    output: event.output,
    other,
    usage_source: event.usage_source,
    reserved: event.reserved,
    upstream_id: event.upstream_id,
    cost: facts.cost,
    unpriced_reason: facts.unpriced,
    price_book: facts.priceBook,
  };
}
