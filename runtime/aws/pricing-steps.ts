import type { PricingStep } from '../../workflows/steps.ts';
import { handler as acceptPriceBook } from './functions/accept-price-book.ts';
import { handler as buildPriceBook } from './functions/build-price-book.ts';
import { handler as diffPriceBooks } from './functions/diff-price-books.ts';
import { handler as fetchOffers } from './functions/fetch-offers.ts';
import { handler as holdPriceBook } from './functions/hold-price-book.ts';
import { handler as publishPriceBook } from './functions/publish-price-book.ts';
import type { Step } from './step-function.ts';

/** The composition root of the pricing workflow on AWS: a missing step is a type error. */
export const PRICING_STEPS_ON_AWS = {
  AcceptPriceBook: acceptPriceBook,
  FetchOffers: fetchOffers,
  BuildPriceBook: buildPriceBook,
  DiffPriceBooks: diffPriceBooks,
  HoldPriceBook: holdPriceBook,
  PublishPriceBook: publishPriceBook,
} satisfies Record<PricingStep, Step>;
