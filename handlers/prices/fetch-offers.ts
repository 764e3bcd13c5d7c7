import * as z from 'zod/mini';
import type { Dating } from '../../pricing/price-entry.ts';
import { OFFERS } from '../../pricing/price-row.ts';
import type { Codec, ObjectStore, PriceList } from '../ports.ts';
import { keepSnapshot } from './price-snapshots.ts';
import type { Snapshot } from './price-snapshots.ts';
import { parseInput } from '../step-input.ts';

const FetchOffersInput = z.strictObject({});

export interface FetchOffersOutput {
  readonly dated: Dating;
  readonly snapshots: readonly Snapshot[];
}

/** An offer that is not there at all, so that all its models would lose their price. */
export class OffersMissing extends Error {
  override readonly name = 'OffersMissing';
}

/**
 * State `FetchOffers`: reads the three offers of every Region whole and keeps them for ever. A page
 * that is cut or missing fails the state: it never makes a book.
 */
export function createFetchOffers(ports: {
  readonly priceList: PriceList;
  readonly objects: ObjectStore;
  readonly codec: Codec;
}) {
  return async function fetchOffers(input: unknown): Promise<FetchOffersOutput> {
    parseInput(FetchOffersInput, input);
    const offers = await ports.priceList.offers();
    const snapshots: Snapshot[] = [];
    for (const pages of offers) snapshots.push(await keepSnapshot(ports, pages));
    const missing = OFFERS.filter((name) => !snapshots.some(({ offer }) => offer === name));
    if (missing.length > 0) {
      throw new OffersMissing(`offers: got none of ${missing.join(' and ')}, expected all three`);
    }
    return { dated: ports.priceList.dated, snapshots };
  };
}
