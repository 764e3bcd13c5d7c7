import { MODEL_ALIASES } from './model-aliases.ts';
import { GUARDRAILS, idsOfModel, namesOfModel } from './model-names.ts';
import type { PriceBook, PriceEntry, RejectedRow } from './price-entry.ts';
import { pricesInForce } from './prices-in-force.ts';

/** What a book knows about one model, under all its ids. */
export interface ModelCoverage {
  /** Ids of the model; empty for a name whose id nobody knows. */
  readonly ids: readonly string[];
  readonly names: readonly string[];
  readonly status: 'priced' | 'unpriced';
  /** Rows that gave a price, each once, twins included. */
  readonly rows: number;
  /** Prices that an operator set. */
  readonly overrides: number;
  readonly meters: readonly string[];
  readonly regions: readonly string[];
  /** Why rows of it are not used: reason → rows. */
  readonly unused: Readonly<Record<string, number>>;
}

/** Every model that the alias table or a row of the book names, priced or not, in order of their ids. */
export function coverageOf(book: PriceBook): readonly ModelCoverage[] {
  const firstId = ({ model }: PriceEntry) => idsOfModel(model)[0] ?? model;
  const inForce = Map.groupBy(pricesInForce(book).filter(isOpen), firstId);
  const listed = Map.groupBy(book.entries.filter(isOpen), firstId);
  const rejected = rejectedByName(book.rejected);
  const models = new Map<string, ModelCoverage>();
  const ids = [...MODEL_ALIASES.flatMap(([id]) => id ?? []), ...listed.keys(), ...inForce.keys()];
  for (const id of ids) {
    const all = idsOfModel(id);
    const [first = id] = all;
    if (models.has(first)) continue;
    const names = [...new Set(all.flatMap(namesOfModel))];
    const prices = inForce.get(first) ?? [];
    models.set(first, {
      ...pricesOf(prices),
      ids: all,
      names: names.filter((name) => !all.includes(name)),
      rows: rowsOf(listed.get(first) ?? []),
      unused: counted(names.flatMap((name) => taken(rejected, name))),
    });
  }
  const nameless = [...rejected].map(([name, rows]): [string, ModelCoverage] => [
    `~${name}`,
    { ...pricesOf([]), ids: [], names: [name], rows: 0, unused: counted(rows) },
  ]);
  return [...models, ...nameless].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, model]) => model);
}

/** What has ended is history. */
function isOpen({ effective_to: to }: PriceEntry): boolean {
  return to === null;
}

function pricesOf(entries: readonly PriceEntry[]) {
  return {
    status: entries.length > 0 ? ('priced' as const) : ('unpriced' as const),
    overrides: entries.filter(({ offer }) => offer === 'override').length,
    meters: unique(entries.map(({ meter }) => meter)),
    regions: unique(entries.map(({ region }) => region)),
  };
}

/** One row may price several ids of its model: it counts once. */
function rowsOf(entries: readonly PriceEntry[]): number {
  const rows = new Map<string, number>();
  for (const { offer, sku, usage_type: type, region, twins } of entries) {
    rows.set(`${offer} ${sku ?? ''} ${type ?? ''} ${region}`, 1 + twins.length);
  }
  return [...rows.values()].reduce((sum, count) => sum + count, 0);
}

/** Rows without a model stand under what their usage type says; guardrails have none by nature. */
function rejectedByName(rejected: readonly RejectedRow[]): Map<string, RejectedRow[]> {
  return Map.groupBy(
    rejected,
    ({ name, usage_type: type }) =>
      name ?? (type?.includes('Guardrail') ? GUARDRAILS : (type ?? 'rows without a usage type')),
  );
}

function taken(rejected: Map<string, RejectedRow[]>, name: string): RejectedRow[] {
  const rows = rejected.get(name) ?? [];
  rejected.delete(name);
  return rows;
}

function counted(rows: readonly RejectedRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of rows) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
