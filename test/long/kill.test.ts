import { describe } from '@jest/globals';
import { itLosesNothing } from '../campaign/kill-rounds.ts';

const HOUR_MS = 3_600_000;

describe('kill -9', () => {
  itLosesNothing(200, 'campaign', HOUR_MS);
  itLosesNothing(2_000, 'long', 4 * HOUR_MS);
});
