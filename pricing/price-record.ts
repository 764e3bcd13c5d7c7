import { attributesOf, instantOf, readProduct } from './offer-page.ts';
import type { OfferRows } from './offer-page.ts';
import { isOffer, isRecord, rowName, textOf } from './price-row.ts';
import type { Offer, RefusedRow, RowReading } from './price-row.ts';

/**
 * Reads collected price records, one per line of a JSON-lines file: `service_code, region, model,
 * usagetype, attributes, unit, price_usd, sku?, rate_code?, effective_date?, publication?`, or `raw`, a
 * whole product of an offer. A record says nothing about the pages it came from, so records are read
 * one by one and grouped by offer.
 *
 * @param records - JSON-parsed lines.
 */
export function readPriceRecords(records: readonly unknown[]): readonly OfferRows[] {
  const readings = records.map((record) => ({
    offer: offerOf(record),
    reading: readRecord(record),
  }));
  const groups = Map.groupBy(readings, ({ offer }) => offer);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([offer, group]) => ({
      ...{ offer, region: null, snapshot: null, version: null, publication: null },
      readings: group.map(({ reading }) => reading),
    }));
}

function offerOf(record: unknown): string {
  return (isRecord(record) ? textOf(record['service_code']) : null) ?? 'unknown';
}

function readRecord(value: unknown): RowReading {
  const record = isRecord(value) ? value : {};
  if (isRecord(record['raw'])) return readProduct(record['raw']);
  const offer = offerOf(value);
  const sku = textOf(record['sku']);
  const usageType = textOf(record['usagetype']);
  const attributes = recordAttributes(record, offer);
  const fault = (reason: string, detail: string): RowReading => {
    const name = rowName(attributes);
    const refused: RefusedRow = { offer, sku, usage_type: usageType, name, reason, detail };
    return { kind: 'refused', refused };
  };
  if (!isOffer(offer)) return fault('not a Bedrock offer', `got ${offer}`);
  if (usageType === null) return fault('no usage type', 'expected usagetype');
  const usd = textOf(record['price_usd']);
  if (usd === null) return fault('price not a plain decimal', 'expected price_usd, a decimal text');
  const row = {
    ...{ offer, sku, attributes, usd, usage_type: usageType, version: null },
    rate_code: textOf(record['rate_code']),
    publication: instantOf(record['publication']),
    effective_date: instantOf(record['effective_date']),
    unit: textOf(record['unit']) ?? '',
    description: attributes['description'] ?? '',
  };
  return { kind: 'row', row };
}

/** Records keep Region and model beside the attributes; offers keep them inside. */
function recordAttributes(
  record: Readonly<Record<string, unknown>>,
  offer: string,
): Readonly<Record<string, string>> {
  const own = attributesOf(record['attributes']);
  const model = textOf(record['model']);
  const region = textOf(record['region']);
  const named: Record<string, string> = {};
  const marketplace: Offer = 'AmazonBedrockFoundationModels';
  if (region !== null) named['regionCode'] = region;
  if (model !== null && own['titanModel'] === undefined) {
    if (offer === marketplace) named['servicename'] = `${model} (Amazon Bedrock Edition)`;
    else named['model'] = model;
  }
  return { ...named, ...own };
}
