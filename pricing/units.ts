import { MoneyError, parseUsd, picoUsd } from '../domain/money.ts';
import type { PicoUsd } from '../domain/money.ts';

/** What one unit of a meter is. */
export const UNITS = ['token', 'image', 'second', 'text_unit', 'request', 'search_unit'] as const;
/** See `UNITS`. */
export type Unit = (typeof UNITS)[number];

/** A price list unit: how many of which unit its price buys. */
export interface ListUnit {
  readonly unit: Unit;
  readonly per: bigint;
  /** The only meters it may price, by how their names begin; none: all meters of that unit. */
  readonly only?: string;
}

/**
 * Units met on usage rows, in lower case (facts/bedrock-prices.md, section 6). One that is not here is
 * refused: 1K for 1M is a factor of 1,000, and only a missing price is visible.
 */
const LIST_UNITS: ReadonlyMap<string, ListUnit> = new Map<string, ListUnit>([
  ['tokens', { unit: 'token', per: 1n }],
  ['1k tokens', { unit: 'token', per: 1_000n }],
  ['1m tokens', { unit: 'token', per: 1_000_000n }],
  ['image', { unit: 'image', per: 1n }],
  ['images processed', { unit: 'image', per: 1n }],
  ['second', { unit: 'second', per: 1n }],
  ['seconds', { unit: 'second', per: 1n }],
  ['second(s)', { unit: 'second', per: 1n }],
  // Nova Reel: the unit says video, the price is per second of it (section 6).
  ['video', { unit: 'second', per: 1n, only: 'video_second_' }],
  ['textunit', { unit: 'text_unit', per: 1n }],
  ['requests', { unit: 'request', per: 1n }],
  ['text requests', { unit: 'request', per: 1n }],
  ['search units', { unit: 'search_unit', per: 1n }],
]);

/** In 2026 Marketplace rows went from "Units" to "1M tokens"; only the description says how many. */
const MILLION_TOKENS = /(?:^|\|)Million (?:[A-Za-z0-9]+ )*Tokens(?: |$)/;
/** First-party rows repeat their unit: "$0.00800 per 1K tokens for …", "per 1K input tokens for …". */
const PER_TOKENS = /(?:^|\s)per (?<unit>1K|1M) (?:[a-z]+ )?tokens\b/i;

/**
 * Reads the unit of a price.
 *
 * @param description - Consulted for the unit "Units" alone, which says nothing by itself.
 * @returns null for a unit that is not known.
 */
export function readUnit(unit: string, description: string): ListUnit | null {
  if (unit === 'Units' && MILLION_TOKENS.test(description))
    return { unit: 'token', per: 1_000_000n };
  return LIST_UNITS.get(unit.toLowerCase()) ?? null;
}

/**
 * Does a description name another number of tokens than the unit? One of the two is then wrong by a
 * factor of 1,000, and nobody can say which.
 */
export function contradictsUnit(description: string, { unit, per }: ListUnit): boolean {
  if (unit !== 'token') return false;
  if (MILLION_TOKENS.test(description)) return per !== 1_000_000n;
  const told = PER_TOKENS.exec(description)?.groups?.['unit']?.toLowerCase();
  return told !== undefined && LIST_UNITS.get(`${told} tokens`)?.per !== per;
}

/** A price per unit, or why there is none. */
export type UnitPrice =
  | { readonly kind: 'price'; readonly price: PicoUsd }
  | { readonly kind: 'fault'; readonly reason: string; readonly detail: string };

/** Divides a list price down to one unit; exact or refused. Zero is a price. */
export function unitPrice(usd: string, per: bigint): UnitPrice {
  let amount: bigint;
  try {
    amount = parseUsd(usd);
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
    const finer = /^(?:0|[1-9]\d*)\.\d+$/.test(usd);
    const reason = finer ? FINER : 'price not a plain decimal';
    return { kind: 'fault', reason, detail: error.message };
  }
  if (usd.startsWith('-'))
    return { kind: 'fault', reason: 'price below zero', detail: `got ${usd}` };
  if (amount % per !== 0n) {
    return { kind: 'fault', reason: FINER, detail: `got ${usd} USD per ${per.toString()}` };
  }
  return { kind: 'price', price: picoUsd(amount / per) };
}

const FINER = 'price finer than a pico-USD per unit';
