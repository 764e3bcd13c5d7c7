import { formatInstant } from '../domain/instant.ts';
import { isOffer, isRecord, rowName, textOf } from './price-row.ts';
import type { Offer, PriceRow, RefusedRow, RowReading } from './price-row.ts';

/** All rows of one offer and publication, read or refused. */
export interface OfferRows {
  readonly offer: string;
  /** Region that was asked for; null where rows were not read by Region. */
  readonly region: string | null;
  /** sha256 hex of the rows as they were kept; null where they were not. */
  readonly snapshot: string | null;
  readonly version: string | null;
  readonly publication: string | null;
  readonly readings: readonly RowReading[];
}

/** Pages that are not one whole answer. A truncated answer never makes a book. */
export class OfferPagesError extends Error {
  override readonly name = 'OfferPagesError';
}

/**
 * Reads the GetProducts pages of one request, in order.
 *
 * A row that breaks the one known shape is refused by itself; pages that are not whole stop everything.
 *
 * @param pages - JSON-parsed answers; `PriceList` items may be texts or `String` objects, because
 * client-pricing hands out the latter (facts/bedrock-prices.md, section 1).
 * @throws OfferPagesError if a page is missing or cut, or pages of several publications are mixed.
 */
export function readOfferPages(offer: Offer, pages: readonly unknown[]): OfferRows {
  return readOfferItems(offer, itemsOfPages(offer, pages));
}

/**
 * The products of the pages of one request as JSON texts, in an order of their own, so that equal
 * answers give equal lists however they were paged.
 *
 * @throws OfferPagesError if a page is missing or cut.
 */
export function itemsOfPages(offer: Offer, pages: readonly unknown[]): readonly string[] {
  if (pages.length === 0) throw new OfferPagesError(`${offer}: got no page, expected at least one`);
  const tokens = new Set<string>();
  const list = pages.flatMap((page, index) => {
    const last = index === pages.length - 1;
    const { items, token } = pageOf(page, `${offer} page ${index + 1} of ${pages.length}`);
    if (last !== (token === null)) {
      const got = last ? 'a NextToken' : 'no NextToken';
      throw new OfferPagesError(
        `${offer} page ${index + 1} of ${pages.length}: got ${got}, expected ${last ? 'none' : 'one'}`,
      );
    }
    if (token !== null && tokens.has(token)) {
      throw new OfferPagesError(`${offer} page ${index + 1}: got the NextToken of an earlier page`);
    }
    if (token !== null) tokens.add(token);
    return items;
  });
  return list.map((item, index) => textOfItem(item, `${offer} product ${index + 1}`)).sort();
}

function pageOf(page: unknown, where: string): { items: readonly unknown[]; token: string | null } {
  if (!isRecord(page) || !Array.isArray(page['PriceList'])) {
    throw new OfferPagesError(`${where}: got no PriceList, expected a GetProducts answer`);
  }
  if (page['FormatVersion'] !== 'aws_v1') {
    throw new OfferPagesError(`${where}: got another FormatVersion, expected aws_v1`);
  }
  const token = page['NextToken'];
  if (token !== undefined && token !== null && typeof token !== 'string') {
    throw new OfferPagesError(`${where}: got a NextToken that is no text`);
  }
  return { items: page['PriceList'], token: textOf(token) };
}

/**
 * Reads the products of one offer.
 *
 * @param items - JSON texts, one a product.
 * @throws OfferPagesError if one is cut or of another offer, or publications are mixed.
 */
export function readOfferItems(offer: Offer, items: readonly string[]): OfferRows {
  const products = items.map((item, index) => parseItem(item, `${offer} product ${index + 1}`));
  const versions = new Set(products.map(({ version }) => textOf(version)));
  const publications = new Set(products.map(({ publicationDate }) => textOf(publicationDate)));
  if (versions.size > 1 || publications.size > 1) {
    throw new OfferPagesError(
      `${offer}: got ${Math.max(versions.size, publications.size)} publications, expected one`,
    );
  }
  const stranger = products.find(({ serviceCode }) => serviceCode !== offer);
  if (stranger) {
    throw new OfferPagesError(
      `${offer}: got a product of ${String(stranger['serviceCode'])}, expected ${offer} alone`,
    );
  }
  const [version = null] = versions;
  const [publication = null] = publications;
  const readings = products.map((product) => readProduct(product));
  const origin = { offer, region: null, snapshot: null };
  return { ...origin, version, publication: instantOf(publication), readings };
}

/** The SDK hands out String objects, which are not `typeof 'string'`. */
function textOfItem(item: unknown, where: string): string {
  const isText = Object.prototype.toString.call(item) === '[object String]';
  if (!isText) throw new OfferPagesError(`${where}: expected JSON text`);
  return String(item);
}

function parseItem(text: string, where: string): Readonly<Record<string, unknown>> {
  let product: unknown;
  try {
    product = JSON.parse(text);
  } catch {
    throw new OfferPagesError(`${where}: got text that is not JSON, so the page was cut`);
  }
  if (!isRecord(product)) throw new OfferPagesError(`${where}: expected a JSON object`);
  return product;
}

/** Reads one product of an offer: the text of one `PriceList` item, JSON-parsed. */
export function readProduct(item: Readonly<Record<string, unknown>>): RowReading {
  const offer = item['serviceCode'];
  const product = isRecord(item['product']) ? item['product'] : {};
  const attributes = attributesOf(product['attributes']);
  const sku = textOf(product['sku']);
  const usageType = attributes['usagetype'] ?? null;
  const fault = (reason: string, detail: string): RowReading => {
    const name = rowName(attributes);
    const refused: RefusedRow = {
      offer: String(offer),
      sku,
      usage_type: usageType,
      name,
      reason,
      detail,
    };
    return { kind: 'refused', refused };
  };
  if (!isOffer(offer)) return fault('not a Bedrock offer', `got ${String(offer)}`);
  if (sku === null) return fault('product without SKU', 'expected product.sku');
  if (usageType === null) return fault('no usage type', 'expected attributes.usagetype');
  const price = priceOf(item['terms']);
  if (price.kind === 'fault') return fault(price.reason, price.detail);
  const row: PriceRow = {
    ...{ offer, sku, attributes, usage_type: usageType, ...price.fields },
    version: textOf(item['version']),
    publication: instantOf(item['publicationDate']),
  };
  return { kind: 'row', row };
}

/** Keeps texts that say something: `operation` is usually empty. */
export function attributesOf(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  const texts = Object.entries(value).filter(([, text]) => textOf(text) !== null);
  return Object.fromEntries(texts) as Record<string, string>;
}

type PriceFields = Pick<PriceRow, 'rate_code' | 'effective_date' | 'unit' | 'usd' | 'description'>;
type PriceReading =
  | { readonly kind: 'price'; readonly fields: PriceFields }
  | { readonly kind: 'fault'; readonly reason: string; readonly detail: string };

const NO_DECIMAL = {
  reason: 'price not a plain decimal',
  detail: 'expected pricePerUnit.USD, a decimal text',
} as const;
const ONE_PRICE = 'not one OnDemand term with one price dimension';

function priceOf(terms: unknown): PriceReading {
  const kinds = isRecord(terms) ? Object.keys(terms) : [];
  if (!isRecord(terms) || kinds.join() !== 'OnDemand') {
    return {
      kind: 'fault',
      reason: ONE_PRICE,
      detail: `terms: got ${kinds.join(' and ') || 'none'}`,
    };
  }
  // Never by term code: Marketplace rows carry another one than first-party rows.
  const [term, ...otherTerms] = Object.values(isRecord(terms['OnDemand']) ? terms['OnDemand'] : {});
  if (!isRecord(term) || otherTerms.length > 0) {
    return {
      kind: 'fault',
      reason: ONE_PRICE,
      detail: `got ${otherTerms.length + 1} OnDemand terms`,
    };
  }
  const list = isRecord(term['priceDimensions']) ? term['priceDimensions'] : {};
  const [dimension, ...otherDimensions] = Object.values(list);
  if (!isRecord(dimension) || otherDimensions.length > 0) {
    const detail = `got ${Object.keys(list).length} price dimensions`;
    return { kind: 'fault', reason: ONE_PRICE, detail };
  }
  const effective = dateOf(term['effectiveDate']);
  return effective.kind === 'fault' ? effective : dimensionPrice(dimension, effective.date);
}

function dimensionPrice(
  dimension: Readonly<Record<string, unknown>>,
  effectiveDate: string | null,
): PriceReading {
  const { beginRange, endRange, pricePerUnit } = dimension;
  if (beginRange !== '0' || endRange !== 'Inf') {
    const detail = `got ${String(beginRange)} to ${String(endRange)}`;
    return { kind: 'fault', reason: 'price range other than 0 to Inf', detail };
  }
  const currencies = isRecord(pricePerUnit) ? Object.keys(pricePerUnit) : [];
  if (!isRecord(pricePerUnit) || currencies.join() !== 'USD') {
    const detail = `got ${currencies.join(' and ') || 'none'}`;
    return { kind: 'fault', reason: 'currency other than USD', detail };
  }
  const usd = textOf(pricePerUnit['USD']);
  if (usd === null) return { kind: 'fault', ...NO_DECIMAL };
  const unit = textOf(dimension['unit']) ?? '';
  const description = textOf(dimension['description']) ?? '';
  const fields = { rate_code: textOf(dimension['rateCode']), effective_date: effectiveDate };
  return { kind: 'price', fields: { ...fields, unit, usd, description } };
}

/** A date that a row gives, if it gives one. One that cannot be read is a fault, never no date. */
export type DateReading =
  | { readonly kind: 'date'; readonly date: string | null }
  | { readonly kind: 'fault'; readonly reason: string; readonly detail: string };

/** Reads the date from which a price is in force; absent is null. */
export function dateOf(value: unknown): DateReading {
  if (value === undefined || value === null || value === '') return { kind: 'date', date: null };
  const date = instantOf(value);
  if (date !== null) return { kind: 'date', date };
  const detail = `got ${JSON.stringify(value).slice(0, 60)}`;
  return { kind: 'fault', reason: 'effective date not understood', detail };
}

const DATE = /^(?<day>\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z)?$/;

/**
 * The offers' dates, with or without a time, in the one form of instants; null for anything else, days
 * that no calendar has included: `Date.parse` would make the 3rd of March of the 31st of February.
 */
export function instantOf(value: unknown): string | null {
  const day = typeof value === 'string' ? DATE.exec(value)?.groups?.['day'] : undefined;
  const ms = day === undefined ? Number.NaN : Date.parse(String(value));
  const instant = Number.isNaN(ms) ? null : formatInstant(ms);
  return instant?.slice(0, 10) === day ? instant : null;
}
