import { parseInstant } from '../../domain/instant.ts';
import type { Manifest } from '../../domain/ledger/manifest.ts';
import type { Window } from '../../domain/window.ts';
import { readManifestsSince } from '../metering/ledger-head.ts';
import type { RowSink, WindowRating } from '../metering/rated-window.ts';
import { isSameRating, openOrder, repriceCalls } from './reprice-calls.ts';
import type { RepricePorts, Repricing } from './reprice-calls.ts';
import { readOrder } from './reprice-order.ts';

interface Corrections {
  /** The open window that takes the orders in. */
  readonly window: Window;
  /** Keys of the orders, oldest first. */
  readonly orders: readonly string[];
  readonly rated: Pick<WindowRating, 'adjust'>;
  readonly rows: RowSink;
}

/**
 * Carries out orders to reprice: for each sealed call that costs otherwise, a row that takes back what
 * it was charged and one that charges it by the other book. Depends on nothing but the ledger before
 * the window, so that the window can be rated again to the same bytes.
 */
export async function addCorrections(
  ports: RepricePorts,
  { window, orders, rated, rows }: Corrections,
): Promise<void> {
  const earlier: Repricing[] = [];
  for (const key of orders) {
    const order = await openOrder(ports, await readOrder(ports, key));
    const manifests = await manifestsBefore(ports, window, order.fromMs);
    for await (const { read, before, after } of repriceCalls(ports, manifests, {
      order,
      earlier,
    })) {
      if (isSameRating(before.rating, after.rating)) continue;
      for (const [kind, { rating, book }] of [
        ['reversal', before],
        ['rebook', after],
      ] as const) {
        rows.add(rated.adjust(read, { kind, rating, priceBook: book.sha256 }));
      }
    }
    earlier.push(order);
  }
}

/** Manifests of hours from an instant to the window, oldest first. */
async function manifestsBefore(
  ports: RepricePorts,
  window: Window,
  fromMs: number,
): Promise<readonly Manifest[]> {
  const manifests = await readManifestsSince(ports, fromMs);
  return manifests
    .filter(({ statement }) => parseInstant(statement.window.start) < window.startMs)
    .reverse();
}
