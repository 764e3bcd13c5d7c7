import type { IdentifiedLine, QuarantinedLine } from '../domain/accept-lines.ts';
import type { TableRow } from '../domain/lake.ts';
import { hourOf } from '../domain/instant.ts';
import { identityOf } from '../domain/usage-event.ts';
import type { UsageEvent } from '../domain/usage-event.ts';
import { parseUsageLine } from '../domain/usage-line.ts';
import { addRow, noTotals, sumTotals } from '../domain/window-totals.ts';
import type { Totals } from '../domain/window-totals.ts';
import { createChargeSums } from '../pricing/charges.ts';
import type { PriceIndex } from '../pricing/price-index.ts';
import { rateUsageEvent } from '../pricing/rating.ts';

/** Rows of this window's own calls, or of late lines of sealed ones. */
export type RowKind = 'call' | 'late';

/** Lines that become rows, each list sorted by identity. */
export interface AcceptedLines {
  /** Late lines of earlier windows; their rows come first, as their ids are smaller. */
  readonly late: readonly IdentifiedLine[];
  readonly call: readonly IdentifiedLine[];
}

/** What rating a window adds up, complete once its rows were all read. */
export interface RatedWindow {
  /**
   * Rows of the usage table, in the order of the lines; parsed and priced one by one. Each is the same
   * object with other values: read it before you ask for the next.
   */
  readonly usageRows: () => Generator<TableRow>;
  readonly chargeRows: () => TableRow[];
  /** Lines whose MAC holds but whose content does not. */
  readonly quarantined: readonly (QuarantinedLine & { readonly kind: RowKind })[];
  readonly totals: () => Totals;
  readonly late: Totals;
  readonly tenants: ReadonlyMap<string, Totals>;
}

/** Rates accepted lines; one event at a time is held, so a full window needs little memory. */
export function rateWindow(
  lines: AcceptedLines,
  prices: PriceIndex,
  priceBook: string,
): RatedWindow {
  const charges = createChargeSums(priceBook);
  const quarantined: (QuarantinedLine & { readonly kind: RowKind })[] = [];
  const late = noTotals();
  const tenants = new Map<string, Totals>();

  const row: Record<string, TableRow[string]> = {};

  function* rowsOf(kind: RowKind): Generator<TableRow> {
    for (const line of lines[kind]) {
      const parsed = parseUsageLine(line.text);
      if (!parsed.ok) {
        const { text, emittedMs } = line;
        const identity = identityOf(line);
        quarantined.push({ text, emittedMs, kind, reason: parsed.fault, identity });
        continue;
      }
      const { event } = parsed;
      const rating = rateUsageEvent(event, prices);
      const windowStartMs = hourOf(event.admitted_ms);
      const cost = rating.kind === 'priced' ? rating.cost : null;
      if (kind === 'late') addRow(late, event, cost);
      addRow(totalsOf(tenants, event.tenant), event, cost);
      if (rating.kind === 'priced') charges.add(event, { kind, windowStartMs }, rating.meters);
      const unpriced = rating.kind === 'priced' ? null : rating.reason;
      fillRow(row, event, { kind, windowStartMs, cost, unpriced, priceBook });
      yield row;
    }
  }

  function* usageRows(): Generator<TableRow> {
    yield* rowsOf('late');
    yield* rowsOf('call');
  }

  const totals = () => sumTotals(tenants.values());
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

function fillRow(row: Record<string, TableRow[string]>, event: UsageEvent, facts: RowFacts): void {
  row['id'] = event.id;
  row['attempt'] = event.attempt;
  row['admitted_at'] = event.admitted_ms;
  row['settled_at'] = event.settled_ms;
  row['kind'] = facts.kind;
  row['window_start'] = facts.windowStartMs;
  row['tenant'] = event.tenant;
  row['cost_center'] = event.cost_center;
  row['key'] = event.key;
  row['project'] = event.project;
  row['api'] = event.api;
  row['model_requested'] = event.model_requested;
  row['model'] = event.model;
  row['scope'] = event.scope;
  row['region'] = event.region;
  row['tier'] = event.tier;
  row['mode'] = event.mode;
  row['latency_class'] = event.latency_class;
  row['context'] = event.context;
  row['outcome'] = event.outcome;
  row['status'] = event.status;
  row['stream'] = event.stream;
  row['latency_ms'] = event.latency_ms;
  row['first_byte_ms'] = event.first_byte_ms;
  row['input'] = event.input;
  row['cache_read'] = event.cache_read;
  row['cache_write_5m'] = event.cache_write_5m;
  row['cache_write_1h'] = event.cache_write_1h;
  row['output'] = event.output;
  row['other'] = Object.keys(event.other).length > 0 ? JSON.stringify(event.other) : null;
  row['usage_source'] = event.usage_source;
  row['reserved'] = event.reserved;
  row['upstream_id'] = event.upstream_id;
  row['cost'] = facts.cost;
  row['unpriced_reason'] = facts.unpriced;
  row['price_book'] = facts.priceBook;
}
