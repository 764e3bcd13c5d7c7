import { join } from 'node:path';
import { HOUR_MS, hourOf } from '../domain/instant.ts';
import type { TableRow } from '../domain/lake.ts';
import type { UsageEvent } from '../domain/usage-event.ts';
import { buildPriceBook } from '../pricing/price-book.ts';
import { readOfferPages } from '../pricing/offer-page.ts';
import { createPriceIndex } from '../pricing/price-index.ts';
import type { PriceIndex } from '../pricing/price-index.ts';
import { rateUsageEvent } from '../pricing/rating.ts';
import { CHECKOUT } from '../runtime/local/metering-ports.ts';
import { createRecordedPrices } from '../runtime/local/recorded-prices.ts';
import { TENANTS } from '../runtime/local/simulation/assignment.ts';
import { START_MS, createCalls } from './invented-calls.ts';

/** Rows made at once: a writer that streams need not hold more than its own row group. */
const CHUNK = 10_000;

/** Gives rows of the usage table in chunks, invented and priced, the same for the same number. */
export async function openUsageRows(): Promise<(rows: number) => Generator<TableRow[]>> {
  const priceList = createRecordedPrices(join(CHECKOUT, 'fixtures', 'get-products'));
  const readings = (await priceList.offers()).map(({ offer, pages }) =>
    readOfferPages(offer, pages),
  );
  const prices = createPriceIndex(buildPriceBook({ offers: readings, dated: priceList.dated }));
  const keys = new Map(
    TENANTS.flatMap(({ costCenter, projects }, index) =>
      projects.map((project) => {
        const tenant = `t_${String(index).padStart(26, '0')}`;
        const keyId = `${project.padEnd(11, 'k').slice(0, 11)}${index}`;
        return [`${index}/${project}`, { tenant, costCenter, keyId, project }] as const;
      }),
    ),
  );
  return function* rowsOf(rows) {
    const calls = createCalls({ seed: 'bench/parquet', keys, prices });
    for (let done = 0, hour = 0; done < rows; done += CHUNK, hour += 1) {
      const made = calls.ofWindow(START_MS + hour * HOUR_MS, Math.min(CHUNK, rows - done));
      yield made.map(({ event }) => rowOf(event, prices));
    }
  };
}

function rowOf(event: UsageEvent, prices: PriceIndex): TableRow {
  const { admitted_ms: admittedMs, settled_ms: settledMs, ...rest } = event;
  const rating = rateUsageEvent(event, prices);
  return {
    ...rest,
    ...{ admitted_at: admittedMs, settled_at: settledMs, kind: 'call' },
    ...{ window_start: hourOf(admittedMs), other: null },
    cost: rating.kind === 'priced' ? rating.cost : null,
    ...{ unpriced_reason: null, price_book: 'f'.repeat(64) },
  };
}
