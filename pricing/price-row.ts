/** The offers that sell model usage. Reading only the first leaves all current Claude unpriced. */
export const OFFERS = [
  'AmazonBedrock',
  'AmazonBedrockFoundationModels',
  'AmazonBedrockService',
] as const;

/** Service code of an offer. */
export type Offer = (typeof OFFERS)[number];

/** How Marketplace rows end the name of their model, in `servicename`. */
export const EDITION = ' (Amazon Bedrock Edition)';

/** One row of an offer: one product with its one price. */
export interface PriceRow {
  readonly offer: Offer;
  readonly sku: string | null;
  readonly rate_code: string | null;
  readonly version: string | null;
  /** Instant of the publication. */
  readonly publication: string | null;
  /** Instant from which the term is in force, as the offer says. */
  readonly effective_date: string | null;
  readonly usage_type: string;
  /** Product attributes, empty ones left out. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly unit: string;
  /** Plain decimal of USD for one `unit`. */
  readonly usd: string;
  readonly description: string;
}

/** A row that gives no price, and why. Reasons are few and fixed; the detail names what was met. */
export interface RefusedRow {
  readonly offer: string;
  readonly sku: string | null;
  readonly usage_type: string | null;
  /** Model as the row names it. */
  readonly name: string | null;
  readonly reason: string;
  readonly detail: string;
}

/** What became of one row at the border. */
export type RowReading =
  | { readonly kind: 'row'; readonly row: PriceRow }
  | { readonly kind: 'refused'; readonly refused: RefusedRow };

/** Is this a service code whose rows we read? */
export function isOffer(value: unknown): value is Offer {
  return OFFERS.some((offer) => offer === value);
}

/** Is this a JSON object (not null, not an array)? */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is a text with something in it. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The display name a row gives its model, whatever attribute it is in. */
export function rowName(attributes: Readonly<Record<string, string>>): string | null {
  const { model, titanModel, servicename } = attributes;
  return model ?? titanModel ?? (servicename === 'Amazon Bedrock' ? null : (servicename ?? null));
}

/** Builds the refusal of a row. */
export function refuse(row: PriceRow, reason: string, detail: string): RefusedRow {
  const { offer, sku, usage_type, attributes } = row;
  return { offer, sku, usage_type, name: rowName(attributes), reason, detail };
}
