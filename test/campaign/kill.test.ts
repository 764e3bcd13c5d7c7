import { describe } from '@jest/globals';
import { itLosesNothing } from './kill-rounds.ts';

/** As many as fit beside all other tests; `npm run test:long` does 200 and 2,000. */
const ROUNDS = 6;

describe('kill -9', () => {
  itLosesNothing(ROUNDS, 'short', 120_000);
});
