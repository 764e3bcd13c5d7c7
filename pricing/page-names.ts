import { OfferPagesError } from './offer-page.ts';
import { isOffer } from './price-row.ts';
import type { Offer } from './price-row.ts';

/** The files of one recorded GetProducts request, in page order. */
export interface RecordedRequest {
  readonly offer: Offer;
  readonly region: string;
  readonly names: readonly string[];
}

const PAGE_NAME =
  /^(?<offer>[A-Za-z]+)-(?<region>[a-z]{2}(?:-[a-z]+)+-\d)-page-(?<page>[1-9]\d*)\.json$/;

/**
 * Sorts the names of recorded pages (`AmazonBedrock-us-east-1-page-2.json`) into requests.
 *
 * @throws OfferPagesError if a name has another form or a page number is missing.
 */
export function groupPageNames(names: readonly string[]): readonly RecordedRequest[] {
  const requests = new Map<string, { offer: Offer; region: string; pages: Map<number, string> }>();
  for (const name of names) {
    const { offer, region = '', page } = PAGE_NAME.exec(name)?.groups ?? {};
    if (!isOffer(offer)) {
      throw new OfferPagesError(`page ${name}: expected <offer>-<region>-page-<n>.json`);
    }
    const key = `${offer} ${region}`;
    const request = requests.get(key) ?? { offer, region, pages: new Map<number, string>() };
    requests.set(key, request);
    request.pages.set(Number(page), name);
  }
  return [...requests]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, request]) => {
      const { offer, region, pages } = request;
      const ordered = [...pages].sort(([a], [b]) => a - b);
      if (ordered.some(([page], index) => page !== index + 1)) {
        const got = ordered.map(([page]) => page).join(', ');
        throw new OfferPagesError(`${key}: got pages ${got}, expected all from 1 to the last`);
      }
      return { offer, region, names: ordered.map(([, name]) => name) };
    });
}
