import { formatUsd } from '../domain/money.ts';
import { keyText } from './price-entry.ts';
import type { PriceBook, PriceEntry, RejectedRow } from './price-entry.ts';
import { pricesInForce } from './prices-in-force.ts';

/** A move by more than this share of the earlier price is looked at by a person first. */
export const MOVE_LIMIT_PERCENT = 20;

/** A price that is another one now. */
export interface Move {
  readonly key: string;
  readonly before: string;
  readonly after: string;
  /** Of the earlier price, to a hundredth, cut off; null where that is zero. */
  readonly percent: string | null;
  /** More than `MOVE_LIMIT_PERCENT`, or away from zero. */
  readonly large: boolean;
}

/** A row that a book could not use. */
export interface Refusal {
  readonly offer: string;
  readonly sku: string | null;
  readonly usage_type: string | null;
  readonly name: string | null;
  readonly reason: string;
}

/** What a later book says otherwise. Lists are sorted. */
export interface BookDiff {
  readonly added: readonly { readonly key: string; readonly price: string }[];
  readonly removed: readonly { readonly key: string; readonly price: string }[];
  readonly moved: readonly Move[];
  /** Rows that are unusable now and were not there, or were usable, before. */
  readonly refused: readonly Refusal[];
}

/** Compares what two books say of the time without end: prices that have ended are history. */
export function diffBooks(before: PriceBook, after: PriceBook): BookDiff {
  const [old, now] = [openPrices(before), openPrices(after)];
  const listed = (prices: ReadonlyMap<string, PriceEntry>, others: ReadonlyMap<string, unknown>) =>
    [...prices]
      .filter(([key]) => !others.has(key))
      .map(([key, { price }]) => ({ key, price: formatUsd(price) }))
      .sort(byKey);
  const known = new Set(before.rejected.map(refusalKey));
  return {
    added: listed(now, old),
    removed: listed(old, now),
    moved: [...now].flatMap(([key, entry]) => moveOf(key, old.get(key), entry)).sort(byKey),
    refused: after.rejected.filter((row) => !known.has(refusalKey(row))).map(refusalOf),
  };
}

/** Why a book should be looked at before it is used; empty if it need not. */
export function holdReasons({ removed, moved, refused }: BookDiff): string[] {
  const large = moved.filter((move) => move.large);
  return [
    ...large.map(
      ({ key, before, after }) =>
        `moved by more than ${MOVE_LIMIT_PERCENT} %: ${key} from ${before} to ${after}`,
    ),
    ...removed.map(({ key, price }) => `disappeared: ${key}, which was ${price}`),
    ...refused.map(
      ({ usage_type: type, name, reason }) =>
        `newly unusable: ${type ?? 'no usage type'} of ${name ?? 'no model'}, ${reason}`,
    ),
  ];
}

function openPrices(book: PriceBook): Map<string, PriceEntry> {
  const open = pricesInForce(book).filter(({ effective_to: to }) => to === null);
  return new Map(open.map((entry) => [keyText(entry), entry]));
}

function moveOf(key: string, before: PriceEntry | undefined, after: PriceEntry): Move[] {
  if (!before || before.price === after.price) return [];
  const [old, now]: bigint[] = [before.price, after.price];
  if (old === undefined || now === undefined) return [];
  const change = now > old ? now - old : old - now;
  return [
    {
      ...{ key, before: formatUsd(old), after: formatUsd(now) },
      percent: old === 0n ? null : hundredths(((now - old) * 10_000n) / old),
      large: change * 100n > old * BigInt(MOVE_LIMIT_PERCENT),
    },
  ];
}

function hundredths(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(3, '0');
  return `${value < 0n ? '-' : '+'}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** A row is the same if offer, SKU and usage type are; its reason may become another. */
function refusalKey({ offer, sku, usage_type: type, name }: RejectedRow): string {
  return [offer, sku, type, name].map((part) => part ?? '').join('|');
}

function refusalOf({ offer, sku, usage_type, name, reason }: RejectedRow): Refusal {
  return { offer, sku, usage_type, name, reason };
}

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : 1;
}
