import { createAcceptPriceBook } from '../../handlers/prices/accept-price-book.ts';
import { createBuildPriceBook } from '../../handlers/prices/build-price-book.ts';
import { createDiffPriceBooks } from '../../handlers/prices/diff-price-books.ts';
import { createFetchOffers } from '../../handlers/prices/fetch-offers.ts';
import { createHoldPriceBook } from '../../handlers/prices/hold-price-book.ts';
import type {
  Codec,
  Notifier,
  ObjectStore,
  PriceList,
  Store,
  TableCodec,
} from '../../handlers/ports.ts';
import { createPublishPriceBook } from '../../handlers/prices/publish-price-book.ts';
import type { PricingStep } from '../../workflows/steps.ts';
import type { Step } from './steps.ts';

/** What the states of the pricing workflow may ask of the world. */
export interface PricingPorts {
  readonly priceList: PriceList;
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly tables: TableCodec;
  readonly store: Pick<Store, 'currentPriceBook' | 'publishPriceBook'>;
  readonly notifier: Notifier;
}

/** The composition root of the pricing workflow on one machine: a missing step is a type error. */
export function createPricingSteps(ports: PricingPorts) {
  return {
    AcceptPriceBook: createAcceptPriceBook(ports),
    FetchOffers: createFetchOffers(ports),
    BuildPriceBook: createBuildPriceBook(ports),
    DiffPriceBooks: createDiffPriceBooks(ports),
    HoldPriceBook: createHoldPriceBook(ports),
    PublishPriceBook: createPublishPriceBook(ports),
  } satisfies Record<PricingStep, Step>;
}
