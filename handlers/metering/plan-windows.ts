import * as z from 'zod/mini';
import { HOUR_MS, MINUTE_MS, formatInstant, hourOf } from '../../domain/instant.ts';
import { windowOf } from '../../domain/window.ts';
import { LATE_HORIZON_MS, listLate } from './late-lines.ts';
import { readHead, readManifestsSince } from './ledger-head.ts';
import type { LedgerHead } from './ledger-head.ts';
import { askLog } from './ask-log.ts';
import type { Clock, Codec, LogQuery, ObjectStore, Store } from '../ports.ts';
import { pendingOrders } from '../repricing/reprice-order.ts';
import { parseInput, force } from '../step-input.ts';

/** A window is left alone for this long after its end, so that slow lines arrive. */
export const GRACE_MS = 15 * MINUTE_MS;
/** Most windows of one execution: their results must fit into one state's payload. */
export const WINDOWS_MAX = 168;

const PlanWindowsInput = z.strictObject({ force });

export interface PlannedWindow {
  /** Start of the hour. */
  readonly start: string;
  /** The hours `[emptyFrom, start)` hold neither reservations nor lines. */
  readonly emptyFrom: string | null;
  /** Archives of late lines that this window takes in, and orders to reprice. */
  readonly late: readonly string[];
  /** Sealed even if it does not tie. */
  readonly forced: { readonly reason: string; readonly by: string } | null;
}

export interface PlanWindowsOutput {
  readonly windows: readonly PlannedWindow[];
  /** More windows wait than one execution takes. */
  readonly more: boolean;
  /** Pinned here, so that a window rated twice is rated at the same prices. */
  readonly priceBook: string;
}

interface PlanWindowsPorts {
  readonly clock: Clock;
  readonly codec: Codec;
  readonly logs: LogQuery;
  readonly objects: ObjectStore;
  readonly store: Pick<Store, 'currentPriceBook' | 'nextHourWithReservation'>;
}

/** No price book was ever published: nothing can be rated, so nothing is sealed. */
export class PriceBookMissing extends Error {
  override readonly name = 'PriceBookMissing';
}

/**
 * State `PlanWindows`: every ended hour past its grace that holds a reservation or a line and is not
 * sealed, oldest first. Nothing is planned past the last activity.
 */
export function createPlanWindows(ports: PlanWindowsPorts) {
  return async function planWindows(input: unknown): Promise<PlanWindowsOutput> {
    const { force: forced } = parseInput(PlanWindowsInput, input);
    const priceBook = await ports.store.currentPriceBook();
    if (priceBook === undefined) throw new PriceBookMissing('price book: none is published');

    const head = await readHead(ports);
    const fromMs = head?.sealedEndMs ?? 0;
    const endedMs = hourOf(ports.clock.now() - GRACE_MS);
    const late = [...(await pendingLate(ports, head)), ...(await pendingOrders(ports))];
    const hours = await hoursWithActivity(ports, fromMs, endedMs);
    // Late lines and orders alone open a window: the first hour that is not sealed.
    if (late.length > 0 && hours.length === 0 && fromMs < endedMs) hours.push(fromMs);

    const taken = hours.slice(0, WINDOWS_MAX);
    const windows = taken.map((startMs, index): PlannedWindow => {
      const previousEnd = index === 0 ? head?.sealedEndMs : (taken[index - 1] ?? 0) + HOUR_MS;
      const gap = previousEnd !== undefined && previousEnd < startMs;
      const start = formatInstant(startMs);
      const { reason = '', by = '' } = forced ?? {};
      return {
        start,
        emptyFrom: gap ? formatInstant(previousEnd) : null,
        late: index === 0 ? late : [],
        forced: forced?.window === start ? { reason, by } : null,
      };
    });
    return { windows, more: hours.length > WINDOWS_MAX, priceBook };
  };
}

/** Ended hours of `[fromMs, endedMs)` that hold a reservation or a line, ascending. */
async function hoursWithActivity(
  { logs, store, clock }: PlanWindowsPorts,
  fromMs: number,
  endedMs: number,
): Promise<number[]> {
  const hours = new Set<number>();
  let hour = await store.nextHourWithReservation(fromMs);
  for (; hour !== undefined && hour < endedMs;) {
    hours.add(hour);
    hour = await store.nextHourWithReservation(hour + HOUR_MS);
  }
  if (fromMs < endedMs) {
    const range = { fromS: fromMs / 1000, toS: Math.floor(clock.now() / 1000) };
    const { counts } = await askLog({ logs, clock }, { kind: 'hours', ...range });
    for (const { startMs } of counts)
      if (startMs >= fromMs && startMs < endedMs) hours.add(startMs);
  }
  return [...hours].sort((a, b) => a - b);
}

/** Archives of late lines that no sealed window has taken in yet. */
async function pendingLate(
  ports: Pick<PlanWindowsPorts, 'objects' | 'codec'>,
  head: LedgerHead | undefined,
): Promise<string[]> {
  if (!head) return [];
  const fromMs = head.sealedEndMs - LATE_HORIZON_MS;
  const manifests = await readManifestsSince(ports, fromMs);
  const taken = new Set(
    manifests.flatMap(({ statement }) => statement.inputs.late.map(({ path }) => path)),
  );
  const pending: string[] = [];
  // Every hour of the horizon: a line may also be late for one that was empty.
  for (let startMs = fromMs; startMs < head.sealedEndMs; startMs += HOUR_MS) {
    const keys = await listLate(ports.objects, windowOf(startMs));
    pending.push(...keys.filter((key) => !taken.has(key)));
  }
  return pending.sort();
}
