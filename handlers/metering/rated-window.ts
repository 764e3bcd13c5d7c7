import type { IdentifiedLine, QuarantinedLine } from '../../domain/accept-lines.ts';
import { hourOf } from '../../domain/instant.ts';
import type { TableRow } from '../../domain/lake.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import type { TokenUsage } from '../../domain/meters.ts';
import { ownText } from '../../domain/own-text.ts';
import { createLineReader } from '../../domain/read-line.ts';
import type { ReadLine } from '../../domain/read-line.ts';
import { identityOf } from '../../domain/usage-event.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { addRow, noTotals, sumTotals } from '../../domain/window-totals.ts';
import type { Totals } from '../../domain/window-totals.ts';
import { createChargeSums } from '../../pricing/charges.ts';
import type { PriceIndex } from '../../pricing/price-index.ts';
import { rateUsageEvent, takeBack } from '../../pricing/rating.ts';
import type { Rating } from '../../pricing/rating.ts';

/** Rows of this window's own calls, or of late lines of sealed ones. */
export type RowKind = 'call' | 'late';

/** Rows that take back what a sealed call was charged, and charge it by another book. */
export type AdjustmentKind = 'reversal' | 'rebook';

/** What becomes of one sealed call. */
export interface Adjustment {
  readonly kind: AdjustmentKind;
  readonly rating: Rating;
  /** Hash of the book it was rated with. */
  readonly priceBook: string;
}

/** A row of the usage table, its values in the order of the table's columns. */
export type UsageCells = readonly TableRow[string][];

/** The rating of one window, complete once its lines were all rated. */
export interface WindowRating {
  /**
   * The row of a line; null if its content does not hold, and then it is quarantined. Each row is the
   * same array with other values: use it before you ask for the next.
   */
  readonly rate: (line: IdentifiedLine, kind: RowKind) => UsageCells | null;
  /** The row that corrects a sealed call; the same array as those of `rate`. */
  readonly adjust: (read: ReadLine & { readonly ok: true }, of: Adjustment) => UsageCells;
  readonly chargeRows: () => TableRow[];
  /** Lines whose MAC holds but whose content does not. */
  readonly quarantined: readonly (QuarantinedLine & { readonly kind: RowKind })[];
  readonly totals: () => Totals;
  /** Of `totals`: what is not of this window's own calls, late rows and corrections. */
  readonly late: Totals;
  readonly tenants: ReadonlyMap<string, Totals>;
}

/** Rates accepted lines one by one, so that a full window needs little memory. */
export function createWindowRating(prices: PriceIndex, priceBook: string): WindowRating {
  const read = createLineReader();
  const charges = createChargeSums(priceBook);
  const corrections = new Map<string, ReturnType<typeof createChargeSums>>();
  const quarantined: (QuarantinedLine & { readonly kind: RowKind })[] = [];
  const late = noTotals();
  const tenants = new Map<string, Totals>();
  const cells: TableRow[string][] = [];

  function rate(line: IdentifiedLine, kind: RowKind): UsageCells | null {
    const parsed = read(line.text);
    if (!parsed.ok) {
      const { emittedMs } = line;
      const text = ownText(line.text);
      const identity = identityOf(line);
      quarantined.push({ text, emittedMs, kind, reason: parsed.fault, identity });
      return null;
    }
    const { event } = parsed;
    const rating = rateUsageEvent(event, prices);
    const windowStartMs = hourOf(event.admitted_ms);
    const cost = rating.kind === 'priced' ? rating.cost : null;
    if (kind === 'late') addRow(late, event, cost);
    addRow(totalsOf(tenants, event.tenant), event, cost);
    if (rating.kind === 'priced') {
      charges.add({ event, labels: parsed.labels, kind, windowStartMs }, rating.meters);
    }
    const unpriced = rating.kind === 'priced' ? null : rating.reason;
    fillCells(cells, event, { kind, windowStartMs, cost, unpriced, priceBook });
    return cells;
  }

  function adjust(read: ReadLine & { readonly ok: true }, of: Adjustment): UsageCells {
    const { kind } = of;
    const back = kind === 'reversal';
    const event = back ? negated(read.event) : read.event;
    const rating = back ? takeBack(of.rating) : of.rating;
    const windowStartMs = hourOf(event.admitted_ms);
    const cost = rating.kind === 'priced' ? rating.cost : null;
    for (const totals of [late, totalsOf(tenants, event.tenant)]) addRow(totals, event, cost);
    if (back && cost === null) {
      // It waits no longer, or goes on waiting in its rebook row.
      for (const totals of [late, totalsOf(tenants, event.tenant)]) totals.unpriced -= 2;
    }
    if (rating.kind === 'priced') {
      const sums = corrections.get(of.priceBook) ?? createChargeSums(of.priceBook);
      corrections.set(of.priceBook, sums);
      sums.add({ event, labels: read.labels, kind, windowStartMs }, rating.meters);
    }
    const unpriced = rating.kind === 'priced' ? null : rating.reason;
    fillCells(cells, event, { kind, windowStartMs, cost, unpriced, priceBook: of.priceBook });
    return cells;
  }

  function chargeRows(): TableRow[] {
    const books = [...corrections].sort(([a], [b]) => (a < b ? -1 : 1));
    return [...charges.rows(), ...books.flatMap(([, sums]) => sums.rows())];
  }

  const totals = () => sumTotals(tenants.values());
  return { rate, adjust, chargeRows, quarantined, totals, late, tenants };
}

/** The same call with its quantities below zero. */
function negated(event: UsageEvent): UsageEvent {
  const other = Object.fromEntries(Object.entries(event.other).map(([meter, n]) => [meter, 0 - n]));
  const tokens = Object.fromEntries(TOKEN_METERS.map((meter) => [meter, 0 - event[meter]]));
  return { ...event, ...(tokens as TokenUsage), other };
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

/** In the order of `USAGE_TABLE`; by number, as this runs for every call. */
function fillCells(cells: TableRow[string][], event: UsageEvent, facts: RowFacts): void {
  cells[0] = event.id;
  cells[1] = event.attempt;
  cells[2] = event.admitted_ms;
  cells[3] = event.settled_ms;
  cells[4] = facts.kind;
  cells[5] = facts.windowStartMs;
  cells[6] = event.tenant;
  cells[7] = event.cost_center;
  cells[8] = event.key;
  cells[9] = event.project;
  cells[10] = event.api;
  cells[11] = event.model_requested;
  cells[12] = event.model;
  cells[13] = event.scope;
  cells[14] = event.region;
  cells[15] = event.tier;
  cells[16] = event.mode;
  cells[17] = event.latency_class;
  cells[18] = event.context;
  cells[19] = event.outcome;
  cells[20] = event.status;
  cells[21] = event.stream;
  cells[22] = event.latency_ms;
  cells[23] = event.first_byte_ms;
  cells[24] = event.input;
  cells[25] = event.cache_read;
  cells[26] = event.cache_write_5m;
  cells[27] = event.cache_write_1h;
  cells[28] = event.output;
  cells[29] = hasOther(event) ? JSON.stringify(event.other) : null;
  cells[30] = event.usage_source;
  cells[31] = event.reserved;
  cells[32] = event.upstream_id;
  cells[33] = facts.cost;
  cells[34] = facts.unpriced;
  cells[35] = facts.priceBook;
}

function hasOther({ other }: UsageEvent): boolean {
  for (const _meter in other) return true;
  return false;
}
