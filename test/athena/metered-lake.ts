import { HOUR_MS, formatInstant } from '../../domain/instant.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import type { TokenMeter } from '../../domain/meters.ts';
import { picoUsd } from '../../domain/money.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { putOrder } from '../../handlers/repricing/reprice-order.ts';
import { compareEntries } from '../../pricing/price-book.ts';
import type { PriceBook, PriceEntry } from '../../pricing/price-entry.ts';
import { createManifestCatalog } from '../../runtime/local/lake/manifest-catalog.ts';
import type { MeteringPorts } from '../../runtime/local/metering-ports.ts';
import { createSeededRandom } from '../../runtime/local/simulation/random.ts';
import { nodeCodec } from '../../runtime/node/codec.ts';
import { HOUR, MODEL, createDeployment } from '../metering/deployment.ts';
import type { Deployment } from '../metering/deployment.ts';
import { priceBook, publish } from '../metering/price-books.ts';
import { recordedBook } from '../pricing/price-rows.ts';
import { openTrinoAthena } from './trino-athena.ts';

/** Prices at both ends: a pico-USD a token, and the dearest that a row holds. */
const FINE = 'house.fine';
const DEAR = 'house.dear';
const LATER_PRICED = 'house.later';
const UNPRICED = 'house.unpriced';

const usual = {
  ...{ input: '0.000003', output: '0.000015', cache_read: '0.0000003' },
  ...{ cache_write_5m: '0.00000375', cache_write_1h: '0.000006' },
};
const house = {
  [MODEL]: usual,
  [FINE]: { input: '0.000000000001', output: '0.000000000003', cache_read: '0' },
  [DEAR]: { input: '0.000999999999', output: '0.000000000001' },
};
const BOOK = bookWith(house);
/** Another price for one model, and one for a model that had none. */
const LATER_BOOK = bookWith({
  ...house,
  [MODEL]: { ...usual, input: '0.000002999999' },
  [LATER_PRICED]: usual,
});

/** The recorded prices of AWS, and an operator's own. */
function bookWith(models: Parameters<typeof priceBook>[0]): PriceBook {
  const entries = [...recordedBook.entries, ...priceBook(models).entries];
  return { ...recordedBook, entries: entries.sort(compareEntries) };
}

const random = createSeededRandom('athena', 'calls');
const below = (limit: number) => Math.floor(random.unit() * limit);
const oneOf = <T>(choices: readonly T[]) => random.pick(choices.map((one) => [one, 1] as const));

const isToken = (meter: string): boolean => (TOKEN_METERS as readonly string[]).includes(meter);
const tokenEntries = recordedBook.entries.filter(({ meter }) => isToken(meter));
const otherEntries = recordedBook.entries.filter(({ meter }) => !isToken(meter));

/** A call at a recorded price or near one, by one of three tenants, at any instant of an hour. */
function callAt(hour: number, entry: PriceEntry): Partial<UsageEvent> {
  const { model, region, scope, tier, mode, latency_class, context, meter } = entry;
  const admitted = hour + oneOf([0, 1, HOUR_MS - 1, below(HOUR_MS)]);
  return {
    ...{ model, model_requested: model, region, tier, mode, latency_class, context },
    ...{ admitted_ms: admitted, settled_ms: admitted + below(2_000) },
    scope: scope === 'regional' && below(2) === 0 ? 'geo' : scope,
    ...{ tenant: oneOf(['tn_a', 'tn_b', 'tn_c']), key: oneOf(['k1', 'k2']) },
    ...{ cost_center: oneOf(['retail', null]), project: oneOf(['p1', null]) },
    ...{ stream: below(2) === 0, first_byte_ms: oneOf([null, 40]) },
    ...{ reserved: oneOf([null, picoUsd(1n)]), upstream_id: oneOf([null, 'up-1']) },
    ...(isToken(meter)
      ? tokens((name) => name === meter || name === 'input' || name === 'output')
      : { ...tokens(() => false), other: { [meter]: 1 + below(100) } }),
  };
}

function tokens(used: (meter: TokenMeter) => boolean): Record<TokenMeter, number> {
  const drawn = TOKEN_METERS.map((meter) => [meter, used(meter) ? below(10 ** below(8)) : 0]);
  return Object.fromEntries(drawn) as Record<TokenMeter, number>;
}

/** Calls of an hour: at recorded prices, at the edges of money, without a price, and lines gone bad. */
async function fill(deployment: Deployment, hour: number): Promise<void> {
  await deployment.calls(120, () => callAt(hour, oneOf(tokenEntries)));
  await deployment.calls(20, () => callAt(hour, oneOf(otherEntries)));
  const at = { admitted_ms: hour + 600_000, settled_ms: hour + 600_250 };
  await deployment.call({ ...at, model: FINE, ...tokens(() => true), cache_write_5m: 0 });
  await deployment.call({ ...at, model: FINE, input: 1, output: 0, cache_write_1h: 0 });
  // 999999.998000000001 USD: a row holds less than a million.
  await deployment.call({ ...at, model: DEAR, input: 999_999_999, output: 0 });
  await deployment.call({ ...at, input: 0, output: 0 });
  await deployment.calls(3, () => ({ ...at, model: UNPRICED }));
  await deployment.calls(3, () => ({ ...at, model: LATER_PRICED }));
  await deployment.call({ ...at, other: { image: 2 } });
  await deployment.calls(6, (n) => ({ ...at, tenant: n < 3 ? 'tn_a' : 'tn_b', cache_read: n * 7 }));
  deployment.log(`"tollbook":"usage/1" torn`, hour + 700_000);
}

const ENDED_MS = HOUR_MS + 20 * 60_000;

/**
 * A lake that the product made, window by window, and Trino over it: late rows, corrections, unpriced and
 * quarantined ones on both sides of a midnight. Every question of the metering went to Trino.
 */
export async function openMeteredLake() {
  const deployment = await createDeployment({ book: BOOK });
  const { lake } = deployment.folder;
  const catalog = createManifestCatalog(lake);
  const athena = await openTrinoAthena(lake, catalog);

  async function meter(hour: number): Promise<void> {
    const ports = () => ({ sql: athena.sql as MeteringPorts['sql'] });
    const { status, error, cause } = await deployment.run({ nowMs: hour + ENDED_MS, ports });
    if (status !== 'SUCCEEDED') throw new Error(`metering: ${String(error)}: ${String(cause)}`);
  }

  const close = async () => {
    await athena.close();
    deployment.remove();
  };
  try {
    // The last hour is the first of another day.
    const [first, second, third, midnight] = [0, 1, 2, 4].map((n) => HOUR + n * HOUR_MS) as [
      ...[number, number, number, number],
    ];
    await fill(deployment, first);
    const tardy = await Promise.all(
      [MODEL, UNPRICED].map((model) =>
        deployment.admit(deployment.event({ model }), { leaseMs: HOUR }),
      ),
    );
    await meter(first);
    for (const late of tardy) deployment.log(deployment.line(late), late.settled_ms);
    await fill(deployment, second);
    await meter(second);
    await orderReprice(deployment, [first, third]);
    await fill(deployment, third);
    await meter(third);
    await fill(deployment, midnight);
    await meter(midnight);
    return { deployment, catalog, athena, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function orderReprice(deployment: Deployment, hours: readonly [number, number]) {
  const current = (await deployment.store.currentPriceBook()) ?? '';
  const book = await publish(deployment, LATER_BOOK);
  await deployment.store.publishPriceBook(current);
  const [from, to] = hours.map(formatInstant) as [string, string];
  const act = { reason: 'list was wrong', by: 'ada@example.com' };
  const ports = { objects: deployment.objects, codec: nodeCodec };
  await putOrder(ports, { schema: 'tollbook.reprice/1', from, to, book, ...act });
}
