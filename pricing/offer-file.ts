import { OfferPagesError, instantOf, readProduct } from './offer-page.ts';
import type { OfferRows } from './offer-page.ts';
import { isOffer, isRecord, textOf } from './price-row.ts';

/** Is this an offer file of the bulk Price List API, which keeps products and terms apart? */
export function isOfferFile(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && isRecord(value['products']) && isRecord(value['terms']);
}

/**
 * Reads an offer file: the same rows as the pages of a query, one publication as a whole
 * (facts/bedrock-prices.md, section 1).
 *
 * @throws OfferPagesError for another offer.
 */
export function readOfferFile(file: Readonly<Record<string, unknown>>): OfferRows {
  const offer = file['offerCode'];
  if (!isOffer(offer)) {
    throw new OfferPagesError(`offer file: got ${String(offer)}, expected a Bedrock offer`);
  }
  const { version, publicationDate } = file;
  const terms = Object.entries(isRecord(file['terms']) ? file['terms'] : {});
  const products = Object.entries(isRecord(file['products']) ? file['products'] : {});
  const readings = products.map(([sku, product]) => {
    const own = terms.flatMap(([kind, bySku]): [string, unknown][] =>
      isRecord(bySku) && bySku[sku] !== undefined ? [[kind, bySku[sku]]] : [],
    );
    return readProduct({
      ...{ serviceCode: offer, version, publicationDate, product },
      terms: Object.fromEntries(own),
    });
  });
  const origin = { offer, region: null, snapshot: null, version: textOf(version) };
  return { ...origin, publication: instantOf(publicationDate), readings };
}
