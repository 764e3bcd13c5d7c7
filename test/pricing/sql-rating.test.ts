import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { USAGE_TABLE } from '../../domain/lake.ts';
import type { TableRow } from '../../domain/lake.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import { formatUsd, parseUsd, picoUsd } from '../../domain/money.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { keepBook } from '../../handlers/prices/price-tables.ts';
import { buildPriceBook } from '../../pricing/price-book.ts';
import type { PriceBook, PriceOverride } from '../../pricing/price-entry.ts';
import { createPriceIndex } from '../../pricing/price-index.ts';
import { rateUsageEvent } from '../../pricing/rating.ts';
import { openDuckDb } from '../../runtime/local/lake/duckdb-engine.ts';
import { createFolderObjects } from '../../runtime/local/lake/folder-objects.ts';
import { createManifestCatalog } from '../../runtime/local/lake/manifest-catalog.ts';
import { nodeCodec } from '../../runtime/node/codec.ts';
import { parquetTables } from '../../runtime/node/parquet-tables.ts';
import { recordedOffers } from './price-rows.ts';

const VECTORS = 100_000;
const lake = mkdtempSync(join(tmpdir(), 'tollbook-differential-'));
afterAll(() => {
  rmSync(lake, { recursive: true, force: true });
});

/** Whole numbers below `limit`, the same in every run. */
function createDraw(seed: string) {
  let block = createHash('sha256').update(seed).digest();
  let at = 0;
  return (limit: number): number => {
    if (at + 6 > block.length) [block, at] = [createHash('sha256').update(block).digest(), 0];
    at += 6;
    return block.readUIntBE(at - 6, 6) % limit;
  };
}

const APRIL = '2026-04-01T00:00:00.000Z';
const JULY = '2026-07-01T00:00:00.000Z';

/** The recorded rows in force since January, dearer rows of some since April, and overrides since July. */
function historicBook(): PriceBook {
  const january = recordedOffers().map((offer) => ({
    ...offer,
    publication: '2026-01-02T00:00:00.000Z',
    readings: offer.readings.map((reading) =>
      reading.kind === 'row'
        ? { ...reading, row: { ...reading.row, effective_date: '2026-01-01T00:00:00.000Z' } }
        : reading,
    ),
  }));
  const april = january.map((offer) => ({
    ...offer,
    publication: '2026-04-02T00:00:00.000Z',
    // A third of the rows costs three times as much; a seventh is gone.
    readings: offer.readings.flatMap((reading, index) => {
      if (reading.kind !== 'row' || index % 3 !== 0) return index % 7 === 0 ? [] : [reading];
      const usd = formatUsd(parseUsd(reading.row.usd) * 3n);
      return [{ ...reading, row: { ...reading.row, usd, effective_date: APRIL } }];
    }),
  }));
  const before = buildPriceBook({ offers: january, dated: 'published' });
  const overrides = before.entries.flatMap((entry, index): PriceOverride[] => {
    if (index % 5 !== 0) return [];
    const { model, meter, scope, region, tier, mode, latency_class, context, unit } = entry;
    return [
      {
        ...{ model, meter, scope, region, tier, mode, latency_class, context, unit },
        price: index % 2 === 0 ? picoUsd(1n) : picoUsd(entry.price + 1n),
        ...{
          effective_from: JULY,
          effective_to: index % 10 === 0 ? '2026-09-01T00:00:00.000Z' : null,
        },
        ...{ recorded_at: '2026-06-30T00:00:00.000Z', author: 'a', reason: 'b' },
      },
    ];
  });
  return buildPriceBook({ offers: april, dated: 'published', before, overrides });
}

const YEAR_MS = [Date.UTC(2025, 11, 1), Date.UTC(2026, 11, 1)] as const;

const tokenMeters: ReadonlySet<string> = new Set(TOKEN_METERS);

/** Calls over every key of the book, near and beside it; tokens and other meters in every mix, of every size. */
function* calls(book: PriceBook): Generator<UsageEvent> {
  const draw = createDraw('vectors');
  const edges = [APRIL, JULY, '2026-01-01T00:00:00.000Z', '2026-09-01T00:00:00.000Z'].map(
    Date.parse,
  );
  for (let serial = 0; serial < VECTORS; serial += 1) {
    const entry = book.entries[draw(book.entries.length)]!;
    const { model, region, scope, tier, mode, latency_class, context } = entry;
    const admitted = YEAR_MS[0] + draw(YEAR_MS[1] - YEAR_MS[0]);
    const edge = edges[draw(edges.length)]! + draw(3) - 1;
    // Mostly meters that have a price: cache rates are missing for most models.
    const used = (meter: string) =>
      meter.startsWith('cache') && meter !== entry.meter ? draw(15) === 0 : draw(4) > 0;
    const tokens = Object.fromEntries(
      TOKEN_METERS.map((meter) => [meter, used(meter) ? draw(10 ** (1 + draw(7))) : 0]),
    );
    const otherOf = (meter: string): Record<string, number> => {
      const quantity = draw(8) === 0 ? 0 : draw(10 ** (1 + draw(5)));
      // Some are so many that the call comes to a million USD.
      const many = draw(20) === 0 ? 500_000_000 : 1 + quantity;
      // What the model is sold by, what guards it, and what nobody sells.
      return {
        ...(!tokenMeters.has(meter) && { [meter]: many }),
        ...(draw(6) === 0 && { guardrail_topic_unit: quantity, guardrail_word_unit: draw(9) }),
        ...(draw(9) === 0 && { guardrail_sensitive_information_unit: draw(50) }),
        ...(draw(60) === 0 && { guardrail_nobody_unit: draw(2) }),
        ...(draw(60) === 0 && { image: draw(3) }),
      };
    };
    yield {
      ...{
        id: `0${serial}`,
        attempt: 1,
        admitted_ms: draw(10) === 0 ? edge : admitted,
        settled_ms: 0,
      },
      ...{
        tenant: 'tn',
        cost_center: null,
        key: 'k',
        project: null,
        api: 'a',
        model_requested: model,
      },
      ...{
        model: draw(50) === 0 ? `${model}x` : model,
        region: draw(50) === 0 ? 'eu-west-9' : region,
      },
      ...{ scope: scope === 'regional' && draw(2) === 0 ? 'geo' : scope },
      ...{ tier: draw(50) === 0 ? 'priority' : tier, mode, latency_class, context },
      ...{ outcome: 'ok', status: 200, stream: false, latency_ms: 0, first_byte_ms: null },
      ...{ other: otherOf(entry.meter), usage_source: 'reported', reserved: null },
      ...{ upstream_id: null, ...tokens },
    } as unknown as UsageEvent;
  }
}

it('rating in TypeScript and in SQL agree on 100,000 random calls over the whole book', async () => {
  const book = historicBook();
  const prices = createPriceIndex(book);
  const objects = createFolderObjects(lake);
  const key = await keepBook({ objects, codec: nodeCodec, tables: parquetTables }, book);
  const sha256 = key.replace(/^.*book-|\.json$/g, '');
  const sums = { rows: 0, priced: 0, withOther: 0, tooDear: 0, cost: 0n };
  const partition = 'dt=2026-01-01/hour=00';

  function* rows(): Generator<TableRow> {
    for (const { admitted_ms: admitted, settled_ms: settled, other, ...event } of calls(book)) {
      const whole = { ...event, admitted_ms: admitted, settled_ms: settled, other } as UsageEvent;
      const rating = rateUsageEvent(whole, prices);
      const cost = rating.kind === 'priced' ? rating.cost : null;
      sums.rows += 1;
      sums.priced += cost === null ? 0 : 1;
      sums.cost += cost ?? 0n;
      if (rating.kind === 'unpriced') sums.tooDear += rating.reason.includes('million') ? 1 : 0;
      else sums.withOther += rating.meters.some(({ meter }) => !tokenMeters.has(meter)) ? 1 : 0;
      yield {
        ...event,
        ...{ admitted_at: admitted, settled_at: settled, kind: 'call', window_start: 0, cost },
        other: Object.keys(other).length > 0 ? JSON.stringify(other) : null,
        unpriced_reason: rating.kind === 'priced' ? null : rating.reason,
        price_book: sha256,
      };
    }
  }

  const run = '0123456789abcdef';
  const path = `data/usage/${partition}/run=${run}/part-0.parquet`;
  mkdirSync(dirname(join(lake, path)), { recursive: true });
  writeFileSync(join(lake, path), await parquetTables.encode(USAGE_TABLE, rows()));
  const catalog = createManifestCatalog(lake);
  await catalog.addCandidate(run, [{ table: 'usage', partition, run, keys: [path] }]);
  const sql = await openDuckDb({ lake, catalog, threads: 2, memoryMb: 1024 });
  try {
    const statement = readFileSync('sql/audit/rows-against-prices.sql', 'utf8');
    const [derived] = await sql.rows(statement, { run, book: sha256 });

    expect(derived).toMatchObject({ row_count: String(VECTORS), differing: '0', unexplained: '0' });
    expect(Number(derived!['unpriced'])).toBe(sums.rows - sums.priced);
    expect(parseUsd(derived!['derived_cost']!)).toBe(sums.cost);
    // Neither of the two is of much worth if hardly anything has a price, or everything has.
    expect(sums.priced).toBeGreaterThan(VECTORS / 10);
    expect(sums.rows - sums.priced).toBeGreaterThan(VECTORS / 10);
    expect(sums.withOther).toBeGreaterThan(VECTORS / 20);
    expect(sums.tooDear).toBeGreaterThan(0);
  } finally {
    sql.close();
  }
});
