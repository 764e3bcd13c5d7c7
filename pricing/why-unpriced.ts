import type { PricedAs } from '../domain/usage-event.ts';
import { namesOfModel } from './model-names.ts';
import type { PriceBook, PriceEntry, RejectedRow } from './price-entry.ts';
import { modelOfMeter } from './price-index.ts';
import { pricesInForce } from './prices-in-force.ts';

/** Parts of a key from the widest to the narrowest: the first that matches no entry is the reason. */
const PARTS = ['region', 'scope', 'tier', 'mode', 'latency_class', 'context', 'meter'] as const;

/**
 * Says why a key has no price in a book, in one sentence. Unpriced is an answer, not a failure.
 *
 * @param key - A key for which `priceInForce` found nothing.
 */
export function whyUnpriced(book: PriceBook, key: PricedAs & { readonly meter: string }): string {
  const wanted = modelOfMeter(key);
  let entries = pricesInForce(book).filter(({ model }) => model === wanted.model);
  const rejected = rejectedOf(book, wanted.model);
  if (entries.length === 0) return rejected ?? `no offer has a row for ${wanted.model}`;
  for (const part of PARTS) {
    const value = part === 'scope' && wanted.scope === 'geo' ? 'regional' : wanted[part];
    const narrower = entries.filter((entry) => entry[part] === value);
    if (narrower.length === 0)
      return rejected ?? `${noRow(part, value)}; ${offered(entries, part)}`;
    entries = narrower;
  }
  return 'no price is in force at that instant';
}

function noRow(part: string, value: string): string {
  return `no offer has a row for ${part.replace('_', ' ')} ${value} of this model`;
}

function offered(entries: readonly PriceEntry[], part: (typeof PARTS)[number]): string {
  return `priced are ${[...new Set(entries.map((entry) => entry[part]))].join(', ')}`;
}

/** Ambiguous rows of the model: they would have given a price, so they are the better reason. */
function rejectedOf(book: PriceBook, model: string): string | null {
  const names = namesOfModel(model);
  const isOurs = ({ name, outcome }: RejectedRow) =>
    outcome === 'ambiguous' && name !== null && names.includes(name);
  const row = book.rejected.find(isOurs);
  return row ? `${row.reason}: ${row.detail}` : null;
}
