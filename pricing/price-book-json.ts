import { isInstant } from '../domain/instant.ts';
import { formatUsd, parseUsd, picoUsd } from '../domain/money.ts';
import * as words from '../domain/usage-event.ts';
import { compareEntries, compareOverrides } from './price-book.ts';
import { PRICE_BOOK_SCHEMA } from './price-entry.ts';
import type {
  BookOffer,
  PriceAccount,
  PriceBook,
  PriceEntry,
  PriceOverride,
  RejectedRow,
} from './price-entry.ts';
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
  const overrides = book.overrides.map((override) => ({
    ...override,
    price: override.price === null ? null : formatUsd(override.price),
  }));
  const lines = Object.entries({ ...book, entries, overrides })
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
    overrides: Array.isArray,
    account: isRecord,
    rejected: Array.isArray,
  });
  const entries = (book['entries'] as unknown[]).map(decodeEntry);
  checkOrder('entry', entries, compareEntries);
  const overrides = (book['overrides'] as unknown[]).map(decodeOverride);
  checkOrder('override', overrides, compareOverrides);
  const offers = (book['offers'] as unknown[]).map(decodeOffer);
  const rejected = (book['rejected'] as unknown[]).map(decodeRejected);
  const account = decodeAccount(book['account']);
  const lists = { entries, overrides, offers, rejected };
  const decoded = { ...book, ...lists, account } as unknown as PriceBook;
  if (encodePriceBook(decoded) !== text) {
    throw new PriceBookError('price book: got another spelling than the canonical one');
  }
  return decoded;
}

function checkOrder<Item>(
  what: string,
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
): void {
  const wrong = items.findIndex((item, index) => {
    const before = items[index - 1];
    return before !== undefined && compare(before, item) >= 0;
  });
  if (wrong >= 0)
    throw new PriceBookError(`price book ${what} ${wrong}: got it out of order or twice`);
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
const KEY_FIELDS: Readonly<Record<string, Check>> = {
  model: isText,
  meter: (value) => typeof value === 'string' && /^[a-z][a-z0-9_]{0,39}$/.test(value),
  scope: oneOf(['regional', 'global']),
  region: isText,
  tier: oneOf(words.TIERS),
  mode: oneOf(words.MODES),
  latency_class: oneOf(words.LATENCY_CLASSES),
  context: oneOf(words.CONTEXTS),
  unit: oneOf(UNITS),
};
const ENTRY_FIELDS: Readonly<Record<string, Check>> = {
  ...KEY_FIELDS,
  ...TWIN_FIELDS,
  offer: oneOf([...OFFERS, 'override']),
  naming: oneOf([...NAMINGS, 'override']),
  price: isText,
  effective_from: orNull(isDate),
  effective_to: orNull(isDate),
  publication: orNull(isDate),
  usage_type: orNull(isText),
  twins: Array.isArray,
};
const OVERRIDE_FIELDS: Readonly<Record<string, Check>> = {
  ...KEY_FIELDS,
  price: orNull(isText),
  effective_from: isDate,
  effective_to: orNull(isDate),
  recorded_at: isDate,
  author: isText,
  reason: isText,
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
  region: orNull(isText),
  version: orNull(isText),
  publication: orNull(isDate),
  rows: isCount,
  snapshot: orNull((value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)),
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
  return checkInterval({ ...fields, price, twins } as unknown as PriceEntry, where);
}

/** Reads an override as a book or a file of overrides has it. @throws PriceBookError */
export function decodeOverride(value: unknown, index: number): PriceOverride {
  const where = `price book override ${index}`;
  const fields = fieldsOf(value, where, OVERRIDE_FIELDS);
  const text = fields['price'] as string | null;
  const price = text === null ? null : decodePrice(text, where);
  return checkInterval({ ...fields, price } as unknown as PriceOverride, where);
}

function checkInterval<Dated extends Pick<PriceEntry, 'effective_from' | 'effective_to'>>(
  dated: Dated,
  where: string,
): Dated {
  const { effective_from: from, effective_to: to } = dated;
  if (from !== null && to !== null && from >= to) {
    throw new PriceBookError(`${where}: got an interval from ${from} to ${to}`);
  }
  return dated;
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
