import { END_STAMP_MS, parseInstant } from '../../domain/instant.ts';
import { parseUsd } from '../../domain/money.ts';
import { keepBook } from '../../handlers/prices/price-tables.ts';
import type { ObjectStore, Store } from '../../handlers/ports.ts';
import { compareEntries } from '../../pricing/price-book.ts';
import { PRICE_BOOK_SCHEMA } from '../../pricing/price-entry.ts';
import type { PriceBook, PriceEntry } from '../../pricing/price-entry.ts';
import { nodeCodec } from '../../runtime/node/codec.ts';
import { parquetTables } from '../../runtime/node/parquet-tables.ts';

/** USD of one unit per meter, as decimal text. */
type MeterPrices = Readonly<Partial<Record<string, string>>>;

/** A book of an operator's own regional prices, per model, in force since ever. */
export function priceBook(models: Readonly<Record<string, MeterPrices>>): PriceBook {
  const entries = Object.entries(models).flatMap(([model, prices]) =>
    Object.entries(prices).map(([meter, usd = '']): PriceEntry => {
      return {
        ...{ model, meter, scope: 'regional', region: 'us-east-1', tier: 'standard' },
        ...{ mode: 'on_demand', latency_class: 'standard', context: 'base' },
        ...{ unit: unitOf(meter), price: parseUsd(usd), effective_from: null, effective_to: null },
        ...{ offer: 'override', naming: 'override', sku: null, rate_code: null },
        ...{ publication: null, usage_type: null, twins: [] },
      };
    }),
  );
  return {
    ...{ schema: PRICE_BOOK_SCHEMA, dated: 'published', offers: [], overrides: [], rejected: [] },
    entries: entries.sort(compareEntries),
    account: { read: 0, priced: 0, refused: {}, ambiguous: 0 },
  };
}

function unitOf(meter: string): PriceEntry['unit'] {
  if (meter.startsWith('image')) return 'image';
  return meter.startsWith('guardrail_') ? 'text_unit' : 'token';
}

interface BookPorts {
  readonly objects: Pick<ObjectStore, 'putOnce'>;
  readonly store: Pick<Store, 'publishPriceBook'>;
}

/** Keeps a book in both its forms and makes it current. @returns its key. */
export async function publish({ objects, store }: BookPorts, book: PriceBook): Promise<string> {
  const ports = { objects: objects as ObjectStore, codec: nodeCodec, tables: parquetTables };
  const key = await keepBook(ports, book);
  await store.publishPriceBook(key);
  return key;
}

/** An entry as SQL sees it. */
export function tableRow(entry: PriceEntry, price_book: string) {
  const { model, scope, region, tier, mode, latency_class, context, meter, unit } = entry;
  const { offer, sku, rate_code, effective_from: from, effective_to: to } = entry;
  return {
    ...{ model, scope, region, tier, mode, latency_class, context, meter, unit },
    ...{ unit_price: entry.price, offer, sku, rate_code, price_book },
    effective_from: from === null ? 0 : parseInstant(from),
    effective_to: to === null ? END_STAMP_MS : parseInstant(to),
  };
}
