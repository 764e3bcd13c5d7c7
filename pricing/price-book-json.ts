import { isInstant } from '../domain/instant.ts';
import { formatUsd, parseUsd, picoUsd } from '../domain/money.ts';
import * as words from '../domain/usage-event.ts';
import { compareEntries } from './price-book.ts';
import { PRICE_BOOK_SCHEMA } from './price-entry.ts';
import type { BookOffer, PriceAccount, PriceBook, PriceEntry, RejectedRow } from './price-entry.ts';
import { OFFERS, isRecord } from './price-row.ts';
import { NAMINGS } from './rate.ts';
import { UNITS } from './units.ts';

/** Text that is not a price book in its one encoding. */
export class PriceBookError extends Error {
  override readonly name = 'PriceBookError';
}

/**
 * Writes a book in its one form: sorted keys, entries in total order, prices as decimal texts of USD per
 * unit, a final line feed. Equal books give equal bytes, whose SHA-256 is the book's name.
 */
export function encodePriceBook(book: PriceBook): string {
  const entries = book.entries.map((entry) => ({ ...entry, price: formatUsd(entry.price) }));
  const lines = Object.entries({ ...book, entries })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${listText(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** One element per line, so that two books can be compared by eye. */
function listText(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return canonical(value);
  return `[\n${value.map(canonical).join(',\n')}\n]`;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(',')}}`;
}

/**
 * Reads a book.
 *
 * @throws PriceBookError if anything is missing, superfluous, out of its range or out of order.
 */
export function decodePriceBook(text: string): PriceBook {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PriceBookError('price book: got text that is not JSON');
  }
  const book = fieldsOf(value, 'price book', {
    schema: (field) => field === PRICE_BOOK_SCHEMA,
    dated: (field) => field === 'recorded' || field === 'published',
    offers: Array.isArray,
    entries: Array.isArray,
    account: isRecord,
    rejected: Array.isArray,
  });
  const entries = (book['entries'] as unknown[]).map(decodeEntry);
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1];
    if (before && compareEntries(before, entry) >= 0) {
      throw new PriceBookError(`price book entry ${index}: got it out of order or twice`);
    }
  }
  const offers = (book['offers'] as unknown[]).map(decodeOffer);
  const rejected = (book['rejected'] as unknown[]).map(decodeRejected);
  const account = decodeAccount(book['account']);
  const decoded = { ...book, entries, offers, rejected, account } as unknown as PriceBook;
  if (encodePriceBook(decoded) !== text) {
    throw new PriceBookError('price book: got another spelling than the canonical one');
  }
  return decoded;
}

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, unknown>>;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isDate: Check = (value) => typeof value === 'string' && isInstant(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const oneOf =
  (allowed: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && allowed.includes(value);

const TWIN_FIELDS: Readonly<Record<string, Check>> = {
  offer: oneOf(OFFERS),
  sku: orNull(isText),
  rate_code: orNull(isText),
  naming: oneOf(NAMINGS),
};
const ENTRY_FIELDS: Readonly<Record<string, Check>> = {
  ...TWIN_FIELDS,
  offer: oneOf([...OFFERS, 'override']),
  naming: oneOf([...NAMINGS, 'override']),
  model: isText,
  meter: (value) => typeof value === 'string' && /^[a-z][a-z0-9_]{0,39}$/.test(value),
  scope: oneOf(['regional', 'global']),
  region: isText,
  tier: oneOf(words.TIERS),
  mode: oneOf(words.MODES),
  latency_class: oneOf(words.LATENCY_CLASSES),
  context: oneOf(words.CONTEXTS),
  unit: oneOf(UNITS),
  price: isText,
  effective_from: orNull(isDate),
  effective_to: orNull(isDate),
  publication: orNull(isDate),
  usage_type: orNull(isText),
  twins: Array.isArray,
};
const REJECTED_FIELDS: Readonly<Record<string, Check>> = {
  offer: isText,
  sku: orNull(isText),
  usage_type: orNull(isText),
  name: orNull(isText),
  outcome: oneOf(['refused', 'ambiguous']),
  reason: isText,
  detail: (value) => typeof value === 'string',
};
const OFFER_FIELDS: Readonly<Record<string, Check>> = {
  offer: isText,
  version: orNull(isText),
  publication: orNull(isDate),
  rows: isCount,
};

function fieldsOf(value: unknown, where: string, checks: Readonly<Record<string, Check>>): Fields {
  if (!isRecord(value)) throw new PriceBookError(`${where}: expected a JSON object`);
  const stranger = Object.keys(value).find((key) => !Object.hasOwn(checks, key));
  if (stranger !== undefined) throw new PriceBookError(`${where}: got unknown field ${stranger}`);
  for (const [key, check] of Object.entries(checks)) {
    if (check(value[key])) continue;
    const got = Object.hasOwn(value, key) ? JSON.stringify(value[key]).slice(0, 60) : 'none';
    throw new PriceBookError(`${where} field ${key}: got ${got}`);
  }
  return value;
}

function decodeEntry(value: unknown, index: number): PriceEntry {
  const where = `price book entry ${index}`;
  const fields = fieldsOf(value, where, ENTRY_FIELDS);
  const price = decodePrice(String(fields['price']), where);
  const twins = (fields['twins'] as unknown[]).map((twin) => fieldsOf(twin, where, TWIN_FIELDS));
  const entry = { ...fields, price, twins } as unknown as PriceEntry;
  const { effective_from: from, effective_to: to } = entry;
  if (from !== null && to !== null && from >= to) {
    throw new PriceBookError(`${where}: got an interval from ${from} to ${to}`);
  }
  return entry;
}

function decodePrice(text: string, where: string): bigint {
  let price: bigint;
  try {
    price = parseUsd(text);
  } catch {
    throw new PriceBookError(`${where} field price: got ${text}, expected a plain decimal of USD`);
  }
  if (price < 0n || formatUsd(price) !== text) {
    throw new PriceBookError(
      `${where} field price: got ${text}, expected its shortest form, not < 0`,
    );
  }
  return picoUsd(price);
}

function decodeOffer(value: unknown, index: number): BookOffer {
  return fieldsOf(value, `price book offer ${index}`, OFFER_FIELDS) as unknown as BookOffer;
}

function decodeRejected(value: unknown, index: number): RejectedRow {
  return fieldsOf(
    value,
    `price book rejected row ${index}`,
    REJECTED_FIELDS,
  ) as unknown as RejectedRow;
}

function decodeAccount(value: unknown): PriceAccount {
  const checks = { read: isCount, priced: isCount, ambiguous: isCount, refused: isRecord };
  const account = fieldsOf(value, 'price book account', checks) as unknown as PriceAccount;
  const counts = Object.values(account.refused);
  const refused = counts.reduce((sum, count) => sum + count, 0);
  if (!counts.every(isCount) || account.read !== account.priced + refused + account.ambiguous) {
    throw new PriceBookError('price book account: expected read = priced + refused + ambiguous');
  }
  return account;
}
