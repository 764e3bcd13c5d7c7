import * as z from 'zod/mini';
import { buildPriceBook } from '../../pricing/price-book.ts';
import type { OfferRows } from '../../pricing/offer-page.ts';
import type { PriceBook } from '../../pricing/price-entry.ts';
import { OffersMissing } from './fetch-offers.ts';
import { createBookReader } from './price-books.ts';
import { readSnapshot } from './price-snapshots.ts';
import { keepBook } from './price-tables.ts';
import type { Codec, ObjectStore, Store, TableCodec } from '../ports.ts';
import { count, objectKey, parseInput } from '../step-input.ts';

const BuildInput = z.strictObject({
  dated: z.enum(['recorded', 'published']),
  snapshots: z.array(
    z.strictObject({ offer: z.string(), region: z.string(), key: objectKey, rows: count }),
  ),
});

interface BuildPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly tables: TableCodec;
  readonly store: Pick<Store, 'currentPriceBook'>;
}

export interface BuildPriceBookOutput {
  /** Key of the book; nobody uses it yet. */
  readonly book: string;
  /** Key of the book it was built after; null before the first. */
  readonly previous: string | null;
  readonly read: number;
  readonly priced: number;
  readonly refused: number;
  readonly ambiguous: number;
}

/**
 * State `BuildPriceBook`: builds a book of the snapshots after the current one, whose history and
 * overrides live on in it.
 *
 * @throws OffersMissing if an offer has no row any more.
 */
export function createBuildPriceBook(ports: BuildPorts) {
  const books = createBookReader(ports);
  return async function build(input: unknown): Promise<BuildPriceBookOutput> {
    const { dated, snapshots } = parseInput(BuildInput, input);
    const previous = (await ports.store.currentPriceBook()) ?? null;
    const before = previous === null ? null : (await books.read(previous)).prices.book;
    const offers = [];
    for (const { key } of snapshots) offers.push(await readSnapshot(ports, key));
    if (before) checkNotEmptied(before, offers);
    const book = buildPriceBook({ offers, dated, before });
    const { read, priced, ambiguous } = book.account;
    const refused = read - priced - ambiguous;
    return { book: await keepBook(ports, book), previous, read, priced, refused, ambiguous };
  };
}

/**
 * An answer without a row says nothing about when its prices ended, so it ends none.
 *
 * @throws OffersMissing where there were rows before.
 */
function checkNotEmptied(before: PriceBook, now: readonly OfferRows[]): void {
  const empty = now.filter(({ readings }) => readings.length === 0);
  const emptied = empty.find(({ offer, region }) =>
    before.offers.some((had) => had.offer === offer && had.region === region && had.rows > 0),
  );
  if (!emptied) return;
  throw new OffersMissing(
    `offers: got no row of ${emptied.offer} in ${emptied.region ?? 'any Region'}, which had some before`,
  );
}
