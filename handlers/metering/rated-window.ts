import { loggedLine } from '../../domain/accept-lines.ts';
import type { IdentifiedLine, QuarantinedLine } from '../../domain/accept-lines.ts';
import { hourOf } from '../../domain/instant.ts';
import type { TableRow } from '../../domain/lake.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import type { TokenUsage } from '../../domain/meters.ts';
import { LineReader } from '../../domain/read-line.ts';
import type { ReadLine } from '../../domain/read-line.ts';
import { identityOf } from '../../domain/usage-event.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { addRow, noTotals, sumTotals } from '../../domain/window-totals.ts';
import type { Totals } from '../../domain/window-totals.ts';
import { ChargeSums } from '../../pricing/charges.ts';
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

/** Gets rows; their values may be another row's once it returns. */
export interface RowSink {
  add(cells: UsageCells): void;
}

/**
 * The rating of one window, complete once its lines were all rated. Lines are rated one by one, so that
 * a full window needs little memory.
 */
export class WindowRating {
  /** Of `totals`: what is not of this window's own calls, late rows and corrections. */
  readonly late = noTotals();
  readonly tenants = new Map<string, Totals>();
  /** Lines whose MAC holds but whose content does not. */
  readonly quarantined: (QuarantinedLine & { readonly kind: RowKind })[] = [];
  readonly #prices: PriceIndex;
  readonly #priceBook: string;
  readonly #reader = new LineReader();
  readonly #charges: ChargeSums;
  readonly #corrections = new Map<string, ChargeSums>();
  readonly #cells: TableRow[string][] = [];

  /** @param priceBook - hash of the book that `prices` are from. */
  constructor(prices: PriceIndex, priceBook: string) {
    this.#prices = prices;
    this.#priceBook = priceBook;
    this.#charges = new ChargeSums(priceBook);
  }

  /** Adds the rows of lines, in their order; a line whose content does not hold is quarantined. */
  addLines(lines: Iterable<IdentifiedLine>, kind: RowKind, rows: RowSink): void {
    for (const line of lines) {
      const cells = this.#rate(line, kind);
      if (cells) rows.add(cells);
    }
  }

  /** The row of a line, or null. Each row is the same array with other values. */
  #rate(line: IdentifiedLine, kind: RowKind): UsageCells | null {
    const parsed = this.#reader.read(line);
    if (!parsed.ok) {
      const identity = identityOf(line);
      this.quarantined.push({ ...loggedLine(line), kind, reason: parsed.fault, identity });
      return null;
    }
    const { event } = parsed;
    const rating = rateUsageEvent(event, this.#prices);
    const windowStartMs = hourOf(event.admitted_ms);
    const cost = rating.kind === 'priced' ? rating.cost : null;
    if (kind === 'late') addRow(this.late, event, cost);
    addRow(totalsOf(this.tenants, event.tenant), event, cost);
    if (rating.kind === 'priced') {
      this.#charges.add({ event, labels: parsed.labels, kind, windowStartMs }, rating.meters);
    }
    const unpriced = rating.kind === 'priced' ? null : rating.reason;
    const facts = { kind, windowStartMs, cost, unpriced, priceBook: this.#priceBook };
    fillCells(this.#cells, event, facts);
    return this.#cells;
  }

  /** The row that corrects a sealed call; the same array for each: use it before you ask again. */
  adjust(read: ReadLine & { readonly ok: true }, of: Adjustment): UsageCells {
    const { kind } = of;
    const back = kind === 'reversal';
    const event = back ? negated(read.event) : read.event;
    const rating = back ? takeBack(of.rating) : of.rating;
    const windowStartMs = hourOf(event.admitted_ms);
    const cost = rating.kind === 'priced' ? rating.cost : null;
    for (const totals of [this.late, totalsOf(this.tenants, event.tenant)]) {
      addRow(totals, event, cost);
      // It waits no longer, or goes on waiting in its rebook row.
      if (back && cost === null) totals.unpriced -= 2;
    }
    if (rating.kind === 'priced') {
      const sums = this.#corrections.get(of.priceBook) ?? new ChargeSums(of.priceBook);
      this.#corrections.set(of.priceBook, sums);
      sums.add({ event, labels: read.labels, kind, windowStartMs }, rating.meters);
    }
    const unpriced = rating.kind === 'priced' ? null : rating.reason;
    fillCells(this.#cells, event, { kind, windowStartMs, cost, unpriced, priceBook: of.priceBook });
    return this.#cells;
  }

  chargeRows(): TableRow[] {
    const books = [...this.#corrections].sort(([a], [b]) => (a < b ? -1 : 1));
    return [...this.#charges.rows(), ...books.flatMap(([, sums]) => sums.rows())];
  }

  totals(): Totals {
    return sumTotals(this.tenants.values());
  }
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
