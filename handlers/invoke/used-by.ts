import type { Used } from '../../domain/limits.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import type { PriceIndex } from '../../pricing/price-index.ts';
import { rateUsageEvent } from '../../pricing/rating.ts';

/** What an attempt has used of its tenant's limits, at the prices in force when it was admitted. */
export function usedBy(event: UsageEvent, prices: PriceIndex): Used {
  const rating = rateUsageEvent(event, prices);
  const tokens = TOKEN_METERS.reduce((sum, meter) => sum + event[meter], 0);
  return { cost: rating.kind === 'priced' ? rating.cost : null, tokens: BigInt(tokens) };
}
