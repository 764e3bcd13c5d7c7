import { OfferPagesError, attributesOf, dateOf, instantOf, readProduct } from './offer-page.ts';
import type { OfferRows } from './offer-page.ts';
import { differInModel } from './model-names.ts';
import { EDITION, isOffer, isRecord, rowName, textOf } from './price-row.ts';
import type { Offer, RefusedRow, RowReading } from './price-row.ts';

type Fields = Readonly<Record<string, unknown>>;

const MARKETPLACE: Offer = 'AmazonBedrockFoundationModels';

/**
 * Reads collected price records, one per line of a JSON-lines file: `service_code, region, model,
 * usagetype, attributes, unit, price_usd, sku?, rate_code?, effective_date?, publication?`, or `raw`, a
 * whole product of an offer; or such products themselves. A record says nothing about the pages it came
 * from, so records are read one by one and grouped by offer.
 *
 * @param records - JSON-parsed lines.
 * @throws OfferPagesError for a page among them: its rows would count as one.
 */
export function readPriceRecords(records: readonly unknown[]): readonly OfferRows[] {
  const readings = records.map((value, index) => {
    const record = isRecord(value) ? value : {};
    if (Array.isArray(record['PriceList'])) {
      throw new OfferPagesError(`record ${index + 1}: got a page, expected a record or a product`);
    }
    return { offer: offerOf(record), reading: readRecord(record) };
  });
  const groups = Map.groupBy(readings, ({ offer }) => offer);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([offer, group]) => ({
      ...{ offer, region: null, snapshot: null, version: null, publication: null },
      readings: group.map(({ reading }) => reading),
    }));
}

function offerOf(record: Fields): string {
  return textOf(record['service_code']) ?? textOf(record['serviceCode']) ?? 'unknown';
}

function readRecord(record: Fields): RowReading {
  if (isRecord(record['raw'])) return readProduct(record['raw']);
  if (isRecord(record['product'])) return readProduct(record);
  const offer = offerOf(record);
  const sku = textOf(record['sku']);
  const usageType = textOf(record['usagetype']);
  const own = attributesOf(record['attributes']);
  const attributes = { ...namedBeside(record, offer, own), ...own };
  const fault = (reason: string, detail: string): RowReading => {
    const name = rowName(attributes);
    const refused: RefusedRow = { offer, sku, usage_type: usageType, name, reason, detail };
    return { kind: 'refused', refused };
  };
  if (!isOffer(offer)) return fault('not a Bedrock offer', `got ${offer}`);
  if (usageType === null) return fault('no usage type', 'expected usagetype');
  const contradiction = contradictionOf(record, offer, own);
  if (contradiction !== null) return fault('record contradicts its attributes', contradiction);
  const usd = textOf(record['price_usd']);
  if (usd === null) return fault('price not a plain decimal', 'expected price_usd, a decimal text');
  const effective = dateOf(record['effective_date']);
  if (effective.kind === 'fault') return fault(effective.reason, effective.detail);
  const row = {
    ...{ offer, sku, attributes, usd, usage_type: usageType, version: null },
    rate_code: textOf(record['rate_code']),
    publication: instantOf(record['publication']),
    effective_date: effective.date,
    unit: textOf(record['unit']) ?? '',
    description: attributes['description'] ?? '',
  };
  return { kind: 'row', row };
}

type Attributes = Readonly<Record<string, string>>;

/** Records keep Region and model beside the attributes; offers keep them inside. */
function namedBeside(record: Fields, offer: string, own: Attributes): Attributes {
  const named: Record<string, string> = {};
  const region = textOf(record['region']);
  const model = textOf(record['model']);
  if (region !== null) named['regionCode'] = region;
  if (model === null) return named;
  if (offer === MARKETPLACE) {
    named['servicename'] = model.endsWith(EDITION) ? model : `${model}${EDITION}`;
  }
  if (offer !== MARKETPLACE && own['titanModel'] === undefined) named['model'] = model;
  return named;
}

/**
 * What a record says twice it must say alike: nobody knows which of the two the price is for. Models
 * have many names, so theirs contradict only if they are known to be of two.
 */
function contradictionOf(record: Fields, offer: Offer, own: Attributes): string | null {
  const said = {
    ...{ regionCode: textOf(record['region']), usagetype: textOf(record['usagetype']) },
    servicecode: offer,
  };
  for (const [name, text] of Object.entries(said)) {
    const inside = own[name];
    if (inside !== undefined && text !== null && inside !== text) {
      return `${name}: got ${text} and ${inside}`;
    }
  }
  const [model, named] = [textOf(record['model']), rowName(own)];
  if (model === null || named === null || !differInModel(model, named)) return null;
  return `model: got ${model} and ${named}`;
}
