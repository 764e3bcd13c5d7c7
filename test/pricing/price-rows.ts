import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readOfferPages } from '../../pricing/offer-page.ts';
import type { OfferRows } from '../../pricing/offer-page.ts';
import { groupPageNames } from '../../pricing/page-names.ts';
import { buildPriceBook } from '../../pricing/price-book.ts';
import type { PriceBook, PriceEntry } from '../../pricing/price-entry.ts';
import type { PriceRow, RowReading } from '../../pricing/price-row.ts';
import { createPriceIndex } from '../../pricing/price-index.ts';
import type { PricedAs } from '../../domain/usage-event.ts';

const FOLDER = join(__dirname, '../../fixtures/get-products');

const pageNames = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

/** The seven recorded pages, as three whole requests. */
export function recordedOffers(): OfferRows[] {
  return groupPageNames(pageNames).map(({ offer, region, names }) => ({
    ...readOfferPages(offer, names.map(recordedPage)),
    region,
  }));
}

/** One recorded page, JSON-parsed. */
export function recordedPage(name: string): { PriceList: string[]; NextToken?: string } {
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as ReturnType<typeof recordedPage>;
}

export const recordedBook: PriceBook = buildPriceBook({
  offers: recordedOffers(),
  dated: 'recorded',
});
export const recordedIndex = createPriceIndex(recordedBook);

/** A regional on-demand standard call in us-east-1, but for what is said. */
export function call(model: string, differs: Partial<PricedAs> = {}): PricedAs {
  return {
    ...{ model, scope: 'regional', region: 'us-east-1', tier: 'standard', mode: 'on_demand' },
    ...{ latency_class: 'standard', context: 'base' },
    ...differs,
  };
}

/** The recorded price of one unit in pico-USD. */
export function recorded(
  model: string,
  meter: string,
  differs: Partial<PricedAs> = {},
): bigint | undefined {
  return recordedIndex.priceInForce({ ...call(model, differs), meter }, 0)?.price;
}

let skus = 0;

/** A row of Nova Lite input at 0.06 USD per million, but for what is said. */
export function priceRowOf(usageType: string, differs: Partial<PriceRow> = {}): PriceRow {
  skus += 1;
  return {
    ...{ offer: 'AmazonBedrock', sku: `SKU${skus}`, rate_code: `SKU${skus}.T.R`, version: '1' },
    ...{ publication: '2026-10-14T08:15:30.000Z', effective_date: '2026-10-01T00:00:00.000Z' },
    ...{ unit: '1K tokens', usd: '0.0000600000', description: '' },
    ...{ usage_type: usageType, attributes: { model: 'Nova Lite' } },
    ...differs,
  };
}

/** A Marketplace row of Claude Sonnet 4.6. */
export function claudeRow(usageType: string, differs: Partial<PriceRow> = {}): PriceRow {
  const servicename = 'Claude Sonnet 4.6 (Amazon Bedrock Edition)';
  const usd = '3.3000000000';
  return priceRowOf(usageType, {
    ...{
      offer: 'AmazonBedrockFoundationModels',
      attributes: { servicename },
      unit: '1M tokens',
      usd,
    },
    ...differs,
  });
}

/** One publication of an offer that holds these rows alone. */
export function offerOf(rows: readonly PriceRow[]): OfferRows {
  const readings = rows.map((row): RowReading => ({ kind: 'row', row }));
  const [first] = rows;
  const { offer = 'AmazonBedrock', version = null, publication = null } = first ?? {};
  return { offer, region: 'us-east-1', snapshot: null, version, publication, readings };
}

/** The book of these rows alone. */
export function bookOf(
  rows: readonly PriceRow[],
  dated: PriceBook['dated'] = 'recorded',
): PriceBook {
  return buildPriceBook({ offers: [offerOf(rows)], dated });
}

/** The entries one row makes. */
export function entriesOf(row: PriceRow): readonly PriceEntry[] {
  return bookOf([row]).entries;
}

/** Why one row is refused; undefined if it is priced. */
export function refusalOf(row: PriceRow): string | undefined {
  return bookOf([row]).rejected[0]?.reason;
}
