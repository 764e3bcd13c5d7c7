import { MINUTE_MS, formatInstant } from './instant.ts';
import type { BudgetPeriod, PeriodOfTime } from './budget.ts';

/** An amount that a reservation takes from one counter, refused where the counter has no room for it. */
export interface Hold {
  readonly counter: string;
  /** Pico-USD, tokens, or calls. */
  readonly amount: bigint;
  /** Most that may be held and settled together; null where it is only counted. */
  readonly ceiling: bigint | null;
}

/** What stands in a counter. All three together are what is taken. */
export interface CounterState {
  readonly counter: string;
  /** For calls that run. */
  readonly held: bigint;
  /** For calls of unknown outcome: charged until somebody knows better. */
  readonly suspense: bigint;
  /** For calls that ended. */
  readonly settled: bigint;
}

/** What a call that ended has used. */
export interface Used {
  /** Null where it has no price: what was held then counts as spent. */
  readonly cost: bigint | null;
  readonly tokens: bigint;
}

/**
 * Counters are named `tenant/kind/…`: the kind says what becomes of a hold.
 * `usd` is settled at the cost, `tokens` at the tokens used, `requests` as it was; `running` is given
 * back, also when the outcome is unknown, so that a lost call does not take a place for ever.
 */
export type CounterKind = 'usd' | 'tokens' | 'requests' | 'running';

/** Spending of a tenant in one period of a budget. */
export function budgetCounter(tenant: string, period: BudgetPeriod, { label }: PeriodOfTime) {
  return `${tenant}/usd/${period}/${label}`;
}

/** Requests or tokens of one UTC minute, of all models or of one. */
export function minuteCounter(
  tenant: string,
  kind: 'requests' | 'tokens',
  of: { readonly atMs: number; readonly model?: string },
): string {
  const minute = formatInstant(of.atMs - (of.atMs % MINUTE_MS)).slice(0, 16);
  return `${tenant}/${kind}/${minute}${of.model === undefined ? '' : `/${of.model}`}`;
}

/** Calls that run now. */
export function runningCounter(tenant: string): string {
  return `${tenant}/running`;
}

/** The kind in a counter's name. */
export function kindOfCounter(counter: string): CounterKind {
  const kind = counter.split('/', 2)[1];
  if (kind === 'usd' || kind === 'tokens' || kind === 'requests' || kind === 'running') return kind;
  throw new RangeError(`counter: got ${counter}, expected tenant/kind/…`);
}

/** What a hold comes to when its call has ended. */
export function settledAmount({ counter, amount }: Hold, used: Used): bigint {
  const kind = kindOfCounter(counter);
  if (kind === 'usd') return used.cost ?? amount;
  if (kind === 'tokens') return used.tokens;
  return kind === 'requests' ? amount : 0n;
}

/** What stays of a hold while nobody knows how its call ended. */
export function suspendedAmount({ counter, amount }: Hold): bigint {
  return kindOfCounter(counter) === 'running' ? 0n : amount;
}

/** Is there room for a hold beside what is taken? */
export function fitsUnder({ amount, ceiling }: Hold, state: CounterState | undefined): boolean {
  if (ceiling === null) return true;
  const taken = state ? state.held + state.suspense + state.settled : 0n;
  return taken + amount <= ceiling;
}
