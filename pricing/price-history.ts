import { keyText } from './price-entry.ts';
import type { BookOffer, PriceEntry } from './price-entry.ts';

/** Published prices, and the publications they come from. */
export interface PublishedPrices {
  readonly offers: readonly BookOffer[];
  readonly entries: readonly PriceEntry[];
}

/**
 * Lays new publications over what was published before. A price ends where a later one begins; one
 * that an offer no longer lists ends with the publication that left it out, and is kept, because calls
 * of that time still have to be priced.
 *
 * @param before - the entries of an earlier book.
 * @param now - of the offers as they are now; entries of offers and Regions that were not read again
 * stay as they are.
 */
export function mergeHistory(before: PublishedPrices, now: PublishedPrices): PublishedPrices {
  const fresh = Map.groupBy(now.entries, keyText);
  const known = Map.groupBy(before.entries, keyText);
  const publications = new Map(now.offers.map((offer) => [sourceOf(offer), offer.publication]));
  const entries = [...now.entries];
  for (const [key, past] of known) {
    const [next] = fresh.get(key) ?? [];
    for (const entry of past) {
      const end = next ? (next.effective_from ?? '') : publications.get(endOf(entry, publications));
      const kept = end === undefined ? entry : endedAt(entry, end);
      if (kept !== null) entries.push(kept);
    }
  }
  return { entries, offers: [...now.offers, ...stillNamed(before.offers, { entries, now })] };
}

/** Which of the new publications would list this entry if it were still sold. */
function endOf(entry: PriceEntry, publications: ReadonlyMap<string, unknown>): string {
  const byRegion = sourceOf({ offer: entry.offer, region: entry.region });
  return publications.has(byRegion) ? byRegion : sourceOf({ offer: entry.offer, region: null });
}

/** An entry that holds until an instant at most; null if nothing is left of it. */
function endedAt(entry: PriceEntry, end: string | null): PriceEntry | null {
  // An offer that does not say when it was published ends nothing.
  if (end === null) return entry;
  if ((entry.effective_from ?? '') >= end) return null;
  const { effective_to: to } = entry;
  return to !== null && to <= end ? entry : { ...entry, effective_to: end };
}

/** Earlier publications that entries still come from. */
function stillNamed(
  offers: readonly BookOffer[],
  { entries, now }: { readonly entries: readonly PriceEntry[]; readonly now: PublishedPrices },
): BookOffer[] {
  const named = new Set(entries.map(({ offer, publication }) => `${offer} ${publication ?? ''}`));
  const current = new Set(now.offers.map(identityOf));
  return offers.filter(
    (offer) =>
      named.has(`${offer.offer} ${offer.publication ?? ''}`) && !current.has(identityOf(offer)),
  );
}

function sourceOf({ offer, region }: Pick<BookOffer, 'offer' | 'region'>): string {
  return `${offer} ${region ?? ''}`;
}

function identityOf({ offer, region, version, publication }: BookOffer): string {
  return [offer, region, version, publication].map((part) => part ?? '').join(' ');
}
