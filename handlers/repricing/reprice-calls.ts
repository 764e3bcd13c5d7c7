import { hourOf, parseInstant } from '../../domain/instant.ts';
import type { Manifest } from '../../domain/ledger/manifest.ts';
import type { Rating } from '../../pricing/rating.ts';
import { rateUsageEvent } from '../../pricing/rating.ts';
import type { BookReader, ReadBook } from '../prices/price-books.ts';
import { RepriceRefused, ordersOf, readOrder } from './reprice-order.ts';
import type { RepriceOrder } from './reprice-order.ts';
import { readSealedCalls } from './sealed-calls.ts';
import type { SealedCall } from './sealed-calls.ts';
import type { Codec, ObjectStore, QueryEngine } from '../ports.ts';

export interface RepricePorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly sql: QueryEngine;
  readonly books: BookReader;
}

/** What a call costs by one book. */
export interface PricedBy {
  readonly rating: Rating;
  readonly book: ReadBook;
}

/** A sealed call: what it counts as now, and what it would by another book. */
export interface RepricedCall {
  readonly read: SealedCall['read'];
  readonly before: PricedBy;
  readonly after: PricedBy;
}

/** Hours whose calls are to be rated with a book. */
export interface Repricing {
  /** UTC ms, inclusive and exclusive, whole hours. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly book: ReadBook;
}

/** An order that counts for rows sealed before a manifest. */
interface Applied extends Repricing {
  readonly seq: number;
}

/**
 * Every sealed call of some hours, late ones included, as it is rated now and as it would be by
 * another book.
 *
 * @param manifests - the ledger up to now, oldest first.
 * @param earlier - orders that are applied in the same window, before this one.
 * @throws RepriceRefused if a sealed window cannot be rated again to what was sealed: only the build
 * that sealed it could say what to take back.
 */
export async function* repriceCalls(
  ports: RepricePorts,
  manifests: readonly Manifest[],
  { order, earlier }: { readonly order: Repricing; readonly earlier: readonly Repricing[] },
): AsyncGenerator<RepricedCall> {
  const applied = await appliedOrders(ports, manifests);
  applied.push(...earlier.map((each) => ({ ...each, seq: Infinity })));
  for (const manifest of manifests) {
    const book = await ports.books.read(manifest.statement.price_book.path);
    // A window's own calls are of its hour; late ones may be of any before it.
    const own = covers(order, parseInstant(manifest.statement.window.start));
    let sealed = 0n;
    for await (const { kind, read } of readSealedCalls(ports, manifest, own)) {
      const { event } = read;
      const first = rateUsageEvent(event, book.prices);
      if (kind === 'call' && first.kind === 'priced') sealed += first.cost;
      const hourMs = hourOf(event.admitted_ms);
      if (!covers(order, hourMs)) continue;
      const last = applied.findLast((each) => each.seq > manifest.seq && covers(each, hourMs));
      const before = last
        ? { rating: rateUsageEvent(event, last.book.prices), book: last.book }
        : { rating: first, book };
      const after = { rating: rateUsageEvent(event, order.book.prices), book: order.book };
      yield { read, before, after };
    }
    if (own) checkSealed(manifest, sealed);
  }
}

/** Do two ratings come to the same, meter by meter? */
export function isSameRating(a: Rating, b: Rating): boolean {
  if (a.kind === 'unpriced' || b.kind === 'unpriced') return a.kind === b.kind;
  return (
    a.cost === b.cost &&
    a.meters.every(({ meter, price }, index) => {
      const other = b.meters[index];
      return other?.meter === meter && other.price.price === price.price;
    })
  );
}

async function appliedOrders(
  ports: RepricePorts,
  manifests: readonly Manifest[],
): Promise<Applied[]> {
  const applied: Applied[] = [];
  for (const manifest of manifests) {
    for (const key of ordersOf(manifest)) {
      applied.push({ ...(await openOrder(ports, await readOrder(ports, key))), seq: manifest.seq });
    }
  }
  return applied;
}

/** An order with its book. */
export async function openOrder(ports: RepricePorts, order: RepriceOrder): Promise<Repricing> {
  const book = await ports.books.read(order.book);
  return { fromMs: parseInstant(order.from), toMs: parseInstant(order.to), book };
}

function covers({ fromMs, toMs }: Repricing, hourMs: number): boolean {
  return fromMs <= hourMs && hourMs < toMs;
}

/** What is taken back must be what was charged, to the last pico-USD. */
function checkSealed({ seq, statement }: Manifest, cost: bigint): void {
  const { totals, adjustments, window } = statement;
  const charged = BigInt(totals.cost_pusd) - BigInt(adjustments.cost_pusd);
  if (cost === charged) return;
  throw new RepriceRefused(
    `manifest ${seq}, window ${window.start}: got ${cost} pUSD from rating it again, expected ${charged}, which were sealed`,
  );
}
