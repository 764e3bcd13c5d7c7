import { TOKEN_METERS } from './meters.ts';
import type { TokenMeter, TokenUsage } from './meters.ts';

/** Exact sums over rows. Tokens are bigint: a year of them passes 2^53. */
export interface Totals extends Record<TokenMeter, bigint> {
  rows: number;
  /** Pico-USD of the priced rows. */
  cost: bigint;
  /** Rows that wait for a price. */
  unpriced: number;
}

/** Sums of nothing. */
export function noTotals(): Totals {
  const tokens = Object.fromEntries(TOKEN_METERS.map((meter) => [meter, 0n]));
  return { ...(tokens as Record<TokenMeter, bigint>), rows: 0, cost: 0n, unpriced: 0 };
}

/** Adds one row; `cost` is null while it waits for a price. */
export function addRow(totals: Totals, tokens: TokenUsage, cost: bigint | null): void {
  totals.rows += 1;
  for (const meter of TOKEN_METERS) {
    const quantity = tokens[meter];
    if (quantity !== 0) totals[meter] += BigInt(quantity);
  }
  if (cost === null) totals.unpriced += 1;
  else totals.cost += cost;
}

/** Totals of all parts together. */
export function sumTotals(parts: Iterable<Totals>): Totals {
  const sum = noTotals();
  for (const part of parts) {
    sum.rows += part.rows;
    sum.unpriced += part.unpriced;
    sum.cost += part.cost;
    for (const meter of TOKEN_METERS) sum[meter] += part[meter];
  }
  return sum;
}

/** Totals as JSON carries them: rows as numbers, sums as decimal text. */
export type TotalsText = {
  readonly rows: number;
  readonly unpriced: number;
  readonly cost_pusd: string;
} & Readonly<Record<TokenMeter, string>>;

/** Writes totals as text. */
export function totalsText(totals: Totals): TotalsText {
  const { rows, unpriced, cost } = totals;
  const tokens = TOKEN_METERS.map((meter) => [meter, totals[meter].toString()]);
  const texts = Object.fromEntries(tokens) as Record<TokenMeter, string>;
  return { rows, unpriced, cost_pusd: cost.toString(), ...texts };
}
