import type { Manifest } from '../../domain/ledger/manifest.ts';
import { isSameRating, repriceCalls } from './reprice-calls.ts';
import type { PricedBy, RepricePorts, Repricing } from './reprice-calls.ts';

/** What another book would change for one tenant and model. */
export interface RepriceRow {
  readonly tenant: string;
  readonly model: string;
  calls: number;
  /** Calls that would cost otherwise, or get or lose their price. */
  repriced: number;
  /** Pico-USD of the calls that have a price. */
  before: bigint;
  after: bigint;
  unpricedBefore: number;
  unpricedAfter: number;
}

/** Per tenant and model, sorted: what calls of some hours cost now, and would by another book. */
export async function repriceReport(
  ports: RepricePorts,
  manifests: readonly Manifest[],
  order: Repricing,
): Promise<readonly RepriceRow[]> {
  const rows = new Map<string, RepriceRow>();
  for await (const { read, before, after } of repriceCalls(ports, manifests, {
    ...{ order, earlier: [] },
  })) {
    const { tenant, model } = read.event;
    const key = `${tenant} ${model}`;
    const row = rows.get(key) ?? noCalls(tenant, model);
    rows.set(key, row);
    row.calls += 1;
    row.repriced += isSameRating(before.rating, after.rating) ? 0 : 1;
    row.before += costOf(before);
    row.after += costOf(after);
    row.unpricedBefore += before.rating.kind === 'unpriced' ? 1 : 0;
    row.unpricedAfter += after.rating.kind === 'unpriced' ? 1 : 0;
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function noCalls(tenant: string, model: string): RepriceRow {
  const none = { calls: 0, repriced: 0, before: 0n, after: 0n };
  return { tenant, model, ...none, unpricedBefore: 0, unpricedAfter: 0 };
}

function costOf({ rating }: PricedBy): bigint {
  return rating.kind === 'priced' ? rating.cost : 0n;
}
