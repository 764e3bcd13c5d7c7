import { createBookReader } from './price-books.ts';
import type { Clock, Codec, ObjectStore, Store } from '../ports.ts';
import type { PriceIndex } from '../../pricing/price-index.ts';

interface CurrentPricesPorts {
  readonly store: Pick<Store, 'currentPriceBook'>;
  readonly objects: Pick<ObjectStore, 'get'>;
  readonly codec: Codec;
  readonly clock: Pick<Clock, 'now'>;
  /** Told of a look that failed while older prices are at hand. */
  readonly onError: (error: unknown) => void;
}

/** The prices in force, as they were at most a minute ago. */
export type CurrentPrices = () => Promise<PriceIndex>;

/** How long a gateway goes by the book it has before it looks for a newer one. */
const FRESH_MS = 60_000;

/** No price book has been published: there is nothing to reserve by. */
export class NoPriceBook extends Error {
  override readonly name = 'NoPriceBook';
}

/**
 * The current price book, read at most once a minute. A look that fails leaves the older prices in
 * force: they decide what is held for a call, never what it costs.
 */
export function createCurrentPrices(ports: CurrentPricesPorts): CurrentPrices {
  const { store, clock, onError } = ports;
  const books = createBookReader(ports);
  let known: { readonly prices: PriceIndex; readonly readMs: number } | undefined;

  async function read(): Promise<PriceIndex> {
    const key = await store.currentPriceBook();
    if (key === undefined) throw new NoPriceBook('price book: got none, expected a published one');
    return (await books.read(key)).prices;
  }

  /** @throws NoPriceBook until there is one. */
  return async function currentPrices(): Promise<PriceIndex> {
    const nowMs = clock.now();
    if (known && nowMs - known.readMs < FRESH_MS) return known.prices;
    try {
      known = { prices: await read(), readMs: nowMs };
    } catch (error) {
      if (!known) throw error;
      onError(error);
      known = { ...known, readMs: nowMs };
    }
    return known.prices;
  };
}
