import { keyText } from '../../../pricing/price-entry.ts';
import type { PriceBook, PriceEntry, PriceOverride } from '../../../pricing/price-entry.ts';

/** Where a price comes from: a row of a publication, or an operator. */
export function originOf(book: PriceBook, entry: PriceEntry) {
  const { offer, sku, rate_code, usage_type, publication, twins } = entry;
  const set = overrideOf(book, entry);
  if (set) {
    const { author, reason, recorded_at } = set;
    return { offer, sku, rate_code, override: { author, reason, recorded_at } };
  }
  const source = book.offers.find(
    (each) => each.offer === offer && each.publication === publication,
  );
  const snapshot = source?.snapshot ?? null;
  return { offer, sku, rate_code, usage_type, publication, snapshot, twins, dated: book.dated };
}

/** The same in lines for people. */
export function originText(book: PriceBook, entry: PriceEntry): string[] {
  const set = overrideOf(book, entry);
  if (set) return [`set by ${set.author} at ${set.recorded_at}: ${set.reason}`];
  const { offer, sku, rate_code, usage_type, publication, twins } = entry;
  const recorded = book.dated === 'recorded' ? ', from recorded pages: a demonstration' : '';
  return [
    `${offer}, SKU ${sku ?? 'unknown'}, rate code ${rate_code ?? 'unknown'}`,
    `${usage_type ?? ''}, published ${publication ?? 'at an unknown time'}${recorded}`,
    ...twins.map((twin) => `the same as SKU ${twin.sku ?? 'unknown'} in the ${twin.naming} naming`),
  ];
}

function overrideOf(book: PriceBook, entry: PriceEntry): PriceOverride | undefined {
  if (entry.offer !== 'override') return undefined;
  const key = keyText(entry);
  return book.overrides.find(
    (each) => keyText(each) === key && `override ${each.recorded_at}` === entry.rate_code,
  );
}
