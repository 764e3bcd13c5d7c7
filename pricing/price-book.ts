import type { OfferRows } from './offer-page.ts';
import { PRICE_BOOK_SCHEMA, keyText } from './price-entry.ts';
import type {
  BookOffer,
  Dating,
  PriceAccount,
  PriceBook,
  PriceEntry,
  PriceOverride,
  RejectedRow,
} from './price-entry.ts';
import { mergeHistory } from './price-history.ts';
import { refuse } from './price-row.ts';
import type { PriceRow } from './price-row.ts';
import { priceRow } from './priced-row.ts';
import type { PricedRow, RowOutcome } from './priced-row.ts';
import { NAMINGS } from './rate.ts';

/** What a price book is built from. */
export interface BookSources {
  readonly offers: readonly OfferRows[];
  readonly dated: Dating;
  /** The book so far: its history and its overrides live on. */
  readonly before?: PriceBook | null;
  /** Overrides beside those of the book so far. */
  readonly overrides?: readonly PriceOverride[];
}

/**
 * Builds a price book. Every row is priced, refused with its reason, or ambiguous; none is guessed.
 * The order of rows and offers does not matter.
 */
export function buildPriceBook({ offers, dated, before, overrides }: BookSources): PriceBook {
  const rejected: RejectedRow[] = [];
  const priced: PricedRow[] = [];
  for (const reading of offers.flatMap(({ readings }) => readings)) {
    const outcome = reading.kind === 'row' ? datedRow(reading.row, dated) : reading;
    if (outcome.kind === 'priced') priced.push(outcome.priced);
    else rejected.push({ ...outcome.refused, outcome: 'refused' });
  }
  const { clear, ambiguous } = groupByKey(priced);
  rejected.push(...ambiguous);
  const now = {
    offers: offers.map(offerOf),
    entries: clear.flatMap((rows) => entriesOf(rows, dated)),
  };
  // Made-up dates say nothing about what came before.
  const history =
    dated === 'published' && before?.dated === dated ? mergeHistory(before, now) : now;
  return {
    schema: PRICE_BOOK_SCHEMA,
    dated,
    offers: [...history.offers].sort(compareOffers),
    entries: [...history.entries].sort(compareEntries),
    overrides: [...(before?.overrides ?? []), ...(overrides ?? [])].sort(compareOverrides),
    account: accountOf(priced.length - ambiguous.length, rejected),
    rejected: rejected.sort(compareRejected),
  };
}

/** Without a date a published price would count for all time before it, and end what was in force. */
function datedRow(row: PriceRow, dated: Dating): RowOutcome {
  const outcome = priceRow(row);
  if (outcome.kind === 'refused' || dated === 'recorded' || row.effective_date !== null) {
    return outcome;
  }
  const refused = refuse(row, 'no effective date', 'expected the date from which it is in force');
  return { kind: 'refused', refused };
}

function offerOf({
  offer,
  region,
  version,
  publication,
  readings,
  snapshot,
}: OfferRows): BookOffer {
  return { offer, region, version, publication, rows: readings.length, snapshot };
}

/**
 * Groups rows by what they price. Rows of different naming are one rate if they are equal per unit;
 * any other second row makes all rows of the key unusable, because nobody can say which one is billed.
 */
function groupByKey(priced: readonly PricedRow[]): {
  clear: PricedRow[][];
  ambiguous: RejectedRow[];
} {
  const groups = Map.groupBy(priced, (row) => keyText(row.key));
  const clear: PricedRow[][] = [];
  const ambiguous: RejectedRow[] = [];
  for (const [key, group] of groups) {
    const rows = [...group].sort(comparePriced);
    const namings = new Set(rows.map(({ naming }) => naming));
    const equal = rows.every(({ price }) => price === rows[0]?.price);
    if (namings.size === rows.length && equal) {
      clear.push(rows);
      continue;
    }
    const skus = rows.map(({ row }) => row.sku ?? row.usage_type).join(', ');
    const reason = equal ? 'several rows of one naming' : 'rows that differ in price';
    const detail = `${rows.length} rows for ${key}: ${skus}`;
    for (const { row } of rows)
      ambiguous.push({ ...refuse(row, reason, detail), outcome: 'ambiguous' });
  }
  return { clear, ambiguous };
}

function entriesOf(rows: readonly PricedRow[], dated: Dating): PriceEntry[] {
  const [first, ...others] = rows;
  if (!first) return [];
  const { row, key, models, naming, unit, price } = first;
  const twins = others.map((twin) => ({
    offer: twin.row.offer,
    sku: twin.row.sku,
    rate_code: twin.row.rate_code,
    naming: twin.naming,
  }));
  return models.map((model) => ({
    ...key,
    ...{ model, unit, price, naming, twins },
    // Recorded pages carry made-up dates: their prices count as in force at any instant.
    effective_from: dated === 'recorded' ? null : earliest(rows),
    effective_to: null,
    ...{ offer: row.offer, sku: row.sku, rate_code: row.rate_code },
    ...{ publication: row.publication, usage_type: row.usage_type },
  }));
}

/** Twins are one price from the day the first of them was in force. */
function earliest(rows: readonly PricedRow[]): string | null {
  const dates = rows.map(({ row }) => row.effective_date);
  return dates.reduce((min, date) => (min === null || date === null || min <= date ? min : date));
}

function accountOf(priced: number, rejected: readonly RejectedRow[]): PriceAccount {
  const refused: Record<string, number> = {};
  let ambiguous = 0;
  for (const { outcome, reason } of rejected) {
    if (outcome === 'ambiguous') ambiguous += 1;
    else refused[reason] = (refused[reason] ?? 0) + 1;
  }
  return { read: priced + rejected.length, priced, refused, ambiguous };
}

/** Total order of a book's entries. */
export function compareEntries(a: PriceEntry, b: PriceEntry): number {
  return compareTexts([keyText(a), a.effective_from], [keyText(b), b.effective_from]);
}

/** Total order of a book's overrides. */
export function compareOverrides(a: PriceOverride, b: PriceOverride): number {
  return compareTexts(
    [keyText(a), a.effective_from, a.recorded_at, a.effective_to, a.author],
    [keyText(b), b.effective_from, b.recorded_at, b.effective_to, b.author],
  );
}

/** Total order of a book's publications. */
export function compareOffers(a: BookOffer, b: BookOffer): number {
  return compareTexts(
    [a.offer, a.region, a.publication, a.version, a.rows],
    [b.offer, b.region, b.publication, b.version, b.rows],
  );
}

function comparePriced(a: PricedRow, b: PricedRow): number {
  const order = NAMINGS.indexOf(a.naming) - NAMINGS.indexOf(b.naming);
  return order || compareTexts(rowTexts(a.row), rowTexts(b.row));
}

function compareRejected(a: RejectedRow, b: RejectedRow): number {
  const [left, right] = [a, b].map((row) => [...rowTexts(row), row.name, row.reason, row.detail]);
  return compareTexts(left ?? [], right ?? []);
}

function rowTexts(row: { offer: string; sku: string | null; usage_type: string | null }) {
  return [row.offer, row.usage_type, row.sku];
}

type Comparable = string | number | null;

function compareTexts(a: readonly Comparable[], b: readonly Comparable[]): number {
  const [left, right] = [a, b].map((parts) => parts.map((part) => String(part ?? '')));
  for (const [index, part] of (left ?? []).entries()) {
    const other = right?.[index] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}
