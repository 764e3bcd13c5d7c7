import { keyText } from './price-entry.ts';
import type { PriceBook, PriceEntry, PriceOverride } from './price-entry.ts';

/** Instants as texts, in whose order ever-since and for-ever have a place. */
const EVER = '';
const NEVER = '~';

/** Two overrides of one key, recorded at one instant, that hold at one instant. */
export class OverrideError extends Error {
  override readonly name = 'OverrideError';
}

/**
 * The prices of a book, each with the interval in which it counts: the operator's override, else the
 * published price, else none. No derived price, no default.
 *
 * @throws OverrideError if nobody can say which of two overrides counts.
 */
export function pricesInForce(book: PriceBook): readonly PriceEntry[] {
  if (book.overrides.length === 0) return book.entries;
  const overrides = Map.groupBy(book.overrides, keyText);
  const published = Map.groupBy(book.entries, keyText);
  const untouched = book.entries.filter((entry) => !overrides.has(keyText(entry)));
  const resolved = [...overrides].flatMap(([key, list]) => resolve(list, published.get(key) ?? []));
  return [...untouched, ...resolved];
}

/** Cuts the time of one key at every instant where something begins or ends. */
function resolve(
  overrides: readonly PriceOverride[],
  published: readonly PriceEntry[],
): PriceEntry[] {
  const edges = [...overrides, ...published].flatMap((each) => [fromOf(each), toOf(each)]);
  const instants = [...new Set(edges)].sort();
  const pieces: PriceEntry[] = [];
  for (const [index, from] of instants.slice(0, -1).entries()) {
    const to = instants[index + 1] ?? NEVER;
    const override = overrideAt(overrides, from);
    const set = override ? entryOf(override) : null;
    const counting = set ? [set] : published.filter((entry) => holdsAt(entry, from));
    for (const entry of counting) append(pieces, { ...entry, ...intervalOf(from, to) });
  }
  return pieces;
}

/** Two pieces of one price that meet are one. */
function append(pieces: PriceEntry[], piece: PriceEntry): void {
  const last = pieces.at(-1);
  if (last?.effective_to === piece.effective_from && isSamePrice(last, piece)) {
    pieces[pieces.length - 1] = { ...last, effective_to: piece.effective_to };
  } else pieces.push(piece);
}

function isSamePrice(a: PriceEntry, b: PriceEntry): boolean {
  return (
    a.offer === b.offer && a.sku === b.sku && a.rate_code === b.rate_code && a.price === b.price
  );
}

function overrideAt(list: readonly PriceOverride[], instant: string): PriceOverride | undefined {
  const holding = list.filter((override) => holdsAt(override, instant));
  const latest = holding.reduce(
    (max, { recorded_at }) => (recorded_at > max ? recorded_at : max),
    '',
  );
  const [winner, second] = holding.filter(({ recorded_at }) => recorded_at === latest);
  if (winner && second) {
    throw new OverrideError(
      `overrides of ${keyText(winner)}: got two recorded at ${latest}, by ${winner.author} and ${second.author}, expected one`,
    );
  }
  return winner;
}

/**
 * An override as an entry; null if it takes others back. The instant at which it was recorded leads
 * from a rate to its override, author and reason.
 */
function entryOf(override: PriceOverride): PriceEntry | null {
  const { model, meter, scope, region, tier, mode, latency_class, context, unit } = override;
  const { price } = override;
  if (price === null) return null;
  return {
    ...{ model, meter, scope, region, tier, mode, latency_class, context, unit, price },
    ...{ effective_from: override.effective_from, effective_to: override.effective_to },
    ...{ offer: 'override', sku: null, rate_code: `override ${override.recorded_at}` },
    ...{ publication: null, naming: 'override', usage_type: null, twins: [] },
  };
}

interface Dated {
  readonly effective_from: string | null;
  readonly effective_to: string | null;
}

function fromOf({ effective_from: from }: Dated): string {
  return from ?? EVER;
}

function toOf({ effective_to: to }: Dated): string {
  return to ?? NEVER;
}

function holdsAt(dated: Dated, instant: string): boolean {
  return fromOf(dated) <= instant && instant < toOf(dated);
}

function intervalOf(from: string, to: string): Dated {
  return { effective_from: from === EVER ? null : from, effective_to: to === NEVER ? null : to };
}
