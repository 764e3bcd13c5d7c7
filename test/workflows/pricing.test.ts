import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseUsd, formatUsd, picoUsd } from '../../domain/money.ts';
import type { OfferPages, PriceList } from '../../handlers/ports.ts';
import { createOverridePrice } from '../../handlers/prices/override-price.ts';
import { createBookReader } from '../../handlers/prices/price-books.ts';
import type { PriceOverride } from '../../pricing/price-entry.ts';
import { createJumpingClock } from '../../runtime/local/clocks.ts';
import { createFolderObjects } from '../../runtime/local/lake/folder-objects.ts';
import { createPricingSteps } from '../../runtime/local/pricing-steps.ts';
import { createRecordedPrices } from '../../runtime/local/recorded-prices.ts';
import { createSqliteStore } from '../../runtime/local/sqlite/sqlite-store.ts';
import type { Step } from '../../runtime/local/steps.ts';
import { pricingDefinition } from '../../runtime/local/update-prices.ts';
import { coverage } from '../../runtime/local/workflow/coverage.ts';
import type { HistoryEvent } from '../../runtime/local/workflow/history.ts';
import { createWorkflow } from '../../runtime/local/workflow/workflow.ts';
import { nodeCodec } from '../../runtime/node/codec.ts';
import { parquetTables } from '../../runtime/node/parquet-tables.ts';
import { PRICING_STEPS } from '../../workflows/steps.ts';
import type { PricingStep } from '../../workflows/steps.ts';
import { call } from '../pricing/price-rows.ts';
import { lint } from './lint.ts';

/** Histories of every run below: together they must reach all there is. */
const histories: (readonly HistoryEvent[])[] = [];
const recorded = createRecordedPrices('fixtures/get-products', 'published');

type Change = (product: Product, offer: string) => Product | null;
interface Product {
  product: { sku: string; attributes: Record<string, string> };
  publicationDate: string;
  terms: {
    OnDemand: Record<
      string,
      { effectiveDate: string; priceDimensions: Record<string, { pricePerUnit: { USD: string } }> }
    >;
  };
}

/** The recorded pages as a later publication that changes some products; null leaves one out. */
function republished(day: string, change: Change = (product) => product): PriceList {
  const date = `${day}T08:00:00Z`;
  const changed = (pages: OfferPages): OfferPages => ({
    ...pages,
    pages: pages.pages.map((page) => {
      const { PriceList: items, ...rest } = page as { PriceList: string[] };
      const products = items.flatMap((text) => {
        const product = change(JSON.parse(text) as Product, pages.offer);
        return product ? [JSON.stringify({ ...product, publicationDate: date })] : [];
      });
      return { ...rest, PriceList: products };
    }),
  });
  return { dated: 'published', offers: async () => (await recorded.offers()).map(changed) };
}

/** Another price for the input tokens of Nova Lite on demand, in force since a day. */
const novaLite =
  (factor: bigint, since = '2026-11-01'): Change =>
  (product) => {
    if (product.product.attributes['usagetype'] !== 'USE1-NovaLite-input-tokens') return product;
    for (const term of Object.values(product.terms.OnDemand)) {
      term.effectiveDate = `${since}T00:00:00Z`;
      for (const { pricePerUnit } of Object.values(term.priceDimensions)) {
        pricePerUnit.USD = formatUsd((parseUsd(pricePerUnit.USD) * factor) / 100n);
      }
    }
    return product;
  };
const without =
  (usageType: string): Change =>
  (product) =>
    product.product.attributes['usagetype'] === usageType ? null : product;

type World = ReturnType<typeof createWorld>;

function createWorld() {
  const root = mkdtempSync(join(tmpdir(), 'tollbook-pricing-'));
  const store = createSqliteStore({ file: join(root, 'store.sqlite'), durability: 'system' });
  const objects = createFolderObjects(join(root, 'lake'));
  const notices: string[] = [];
  const notifier = {
    notify: ({ subject, body }: { subject: string; body: string }) => {
      notices.push(`${subject}\n${body}`);
      return Promise.resolve();
    },
  };
  const ports = { store, objects, notifier, codec: nodeCodec, tables: parquetTables };
  const books = createBookReader(ports);

  async function run(
    priceList: PriceList,
    {
      accept = null,
      steps: tampered = () => ({}),
    }: {
      accept?: object | null;
      steps?: (steps: Record<PricingStep, Step>) => Partial<Record<PricingStep, Step>>;
    } = {},
  ) {
    const steps: Record<PricingStep, Step> = createPricingSteps({ ...ports, priceList });
    const workflow = createWorkflow({
      definition: pricingDefinition(),
      tasks: { ...steps, ...tampered(steps) },
      clock: { ...createJumpingClock(0), jumps: true },
      random: () => 0.5,
      name: 'pricing',
    });
    const execution = await workflow.start(accept === null ? {} : { accept }, 'run');
    histories.push(execution.history);
    return execution;
  }

  return {
    ...{ root, store, objects, notices, run, ports },
    book: async () => (await books.read((await store.currentPriceBook()) ?? '')).prices,
    keys: async (prefix: string) => (await objects.list(prefix)).map(({ key }) => key),
    remove: () => {
      store.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => {
  world.remove();
});

const NOVA = { ...call('amazon.nova-lite-v1:0'), meter: 'input' };
const novaAt = async (instant: string) =>
  (await world.book()).priceInForce(NOVA, Date.parse(instant))?.price;

describe('the definition', () => {
  it('has nothing that either linter objects to', async () => {
    expect(await lint(pricingDefinition())).toEqual([]);
  });

  it('names every step, and no other, once', () => {
    const named = [...JSON.stringify(pricingDefinition()).matchAll(/\$\{(\w+)\}/g)];

    expect(named.map(([, step]) => step).sort()).toEqual([...PRICING_STEPS].sort());
  });
});

describe('a publication', () => {
  it('becomes the first book of a deployment', async () => {
    const { status, output } = await world.run(recorded);

    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({ outcome: 'published', read: 489, priced: 459, refused: 30 });
    expect(await world.store.currentPriceBook()).toBe((output as { book: string }).book);
  });

  it('is kept for ever, row by row, under the hash that the book names', async () => {
    await world.run(recorded);
    const { book } = await world.book();

    const kept = (await world.keys('prices/snapshots/')).sort();
    const named = book.offers.map(({ snapshot }) => `prices/snapshots/${snapshot}.json`).sort();
    expect(kept).toEqual(named);
    expect(kept).toHaveLength(3);
    for (const key of kept) {
      expect(key).toContain(nodeCodec.sha256(readFileSync(join(world.root, 'lake', key))));
    }
  });

  it('that is the same changes nothing, however often it is read', async () => {
    await world.run(recorded);
    const before = await world.keys('prices/');

    expect((await world.run(recorded)).output).toMatchObject({ outcome: 'unchanged' });
    expect(await world.keys('prices/')).toEqual(before);
    expect(world.notices).toEqual([]);
  });

  it('with a small move is published, and what was before stays for earlier calls', async () => {
    await world.run(recorded);
    const { output } = await world.run(republished('2026-11-02', novaLite(110n)));

    // 0.06 USD a million tokens, then 0.066 since November.
    expect(output).toMatchObject({ outcome: 'published', moved: 1, added: 0, removed: 0 });
    expect(await novaAt('2026-10-31T00:00:00Z')).toBe(60_000n);
    expect(await novaAt('2026-11-01T00:00:00Z')).toBe(66_000n);
  });

  it.each<[string, Change, string]>([
    ['a move of more than 20 %', novaLite(121n), 'moved by more than 20 %: amazon.nova-lite-v1:0|'],
    [
      'a disappearance',
      without('USE1-NovaLite-output-tokens'),
      'disappeared: amazon.nova-lite-v1:0|',
    ],
    [
      'a row that nobody understands',
      (product) => {
        const { attributes } = product.product;
        if (attributes['usagetype'] !== 'USE1-NovaLite-output-tokens') return product;
        product.product.attributes = {
          ...attributes,
          usagetype: 'USE1-NovaLite-output-tokens-turbo',
        };
        return product;
      },
      'newly unusable: USE1-NovaLite-output-tokens-turbo of Nova Lite',
    ],
  ])('with %s is held, and the current book stays', async (_, change, reason) => {
    await world.run(recorded);
    const current = await world.store.currentPriceBook();

    const { status, error, cause } = await world.run(republished('2026-11-02', change));

    expect([status, error]).toEqual(['FAILED', 'PriceBookHeld']);
    expect(cause).toContain(reason);
    expect(await world.store.currentPriceBook()).toBe(current);
    expect(world.notices).toEqual([expect.stringContaining(reason)]);
    expect(await world.keys('prices/held/')).toHaveLength(1);
  });

  it('that is held is published once a person has accepted it, by name', async () => {
    await world.run(recorded);
    await world.run(republished('2026-11-02', novaLite(300n)));
    const [held = ''] = await world.keys('prices/held/');
    const book = /([0-9a-f]{64})/.exec(held)?.[1] ?? '';
    const accept = { book, by: 'ada@example.com', reason: 'announced on 28 October' };

    const { output } = await world.run(recorded, { accept });

    expect(output).toEqual({ outcome: 'accepted', book: `prices/book-${book}.json` });
    expect(await novaAt('2026-11-01T00:00:00Z')).toBe(180_000n);
    const [accepted = ''] = await world.keys('prices/accepted/');
    expect(JSON.parse(readFileSync(join(world.root, 'lake', accepted), 'utf8'))).toMatchObject({
      ...{ by: 'ada@example.com', reason: 'announced on 28 October' },
    });
  });

  it('cannot be accepted if it was never held', async () => {
    await world.run(recorded);
    const book = 'a'.repeat(64);

    const { status, error } = await world.run(recorded, { accept: { book, by: 'b', reason: 'c' } });

    expect([status, error]).toEqual(['FAILED', 'PriceBookNotHeld']);
  });

  it('keeps the overrides of the book before it', async () => {
    await world.run(recorded);
    const { scope: _, ...key } = NOVA;
    const override: PriceOverride = {
      ...{ ...key, scope: 'regional', unit: 'token', price: picoUsd(5n) },
      ...{ effective_from: '2026-11-10T00:00:00.000Z', effective_to: null },
      ...{ recorded_at: '2026-11-05T00:00:00.000Z', author: 'ops', reason: 'private offer' },
    };
    await createOverridePrice(world.ports)(override);
    await world.run(republished('2026-11-12', novaLite(110n)));

    expect(await novaAt('2026-11-09T00:00:00Z')).toBe(66_000n);
    expect(await novaAt('2026-11-10T00:00:00Z')).toBe(5n);
  });
});

describe('a book', () => {
  it('is not made when an offer that had rows has none, as nobody can say when its prices ended', async () => {
    await world.run(recorded);
    const current = await world.store.currentPriceBook();
    const emptied = republished('2026-11-02', (product, offer) =>
      offer === 'AmazonBedrockService' ? null : product,
    );

    const { error, cause } = await world.run(emptied);

    expect([error, cause]).toEqual([
      'OffersMissing',
      'offers: got no row of AmazonBedrockService in us-east-1, which had some before',
    ]);
    expect(await world.store.currentPriceBook()).toBe(current);
  });

  it('is built again when another one became current meanwhile, so that nothing of it is lost', async () => {
    await world.run(recorded);
    const raced: string[] = [];
    const { output } = await world.run(republished('2026-11-02', novaLite(110n)), {
      steps: (steps) => ({
        PublishPriceBook: async (input) => {
          if (raced.length === 0) {
            raced.push('once');
            await createOverridePrice(world.ports)({
              ...{ ...call('house.model'), scope: 'regional', meter: 'input', unit: 'token' },
              ...{
                price: picoUsd(1n),
                effective_from: '2026-01-01T00:00:00.000Z',
                effective_to: null,
              },
              ...{ recorded_at: '2026-11-02T00:00:00.000Z', author: 'ops', reason: 'r' },
            });
          }
          return steps.PublishPriceBook(input);
        },
      }),
    });

    expect(output).toMatchObject({ outcome: 'published' });
    expect((await world.book()).book.overrides).toHaveLength(1);
    expect(await novaAt('2026-11-01T00:00:00Z')).toBe(66_000n);
  });

  it('is given up when others keep winning', async () => {
    await world.run(recorded);
    const { status, error } = await world.run(republished('2026-11-02', novaLite(110n)), {
      steps: () => ({
        PublishPriceBook: () =>
          Promise.reject(Object.assign(new Error('moved'), { name: 'PriceBookMoved' })),
      }),
    });

    expect([status, error]).toEqual(['FAILED', 'PriceBookMoved']);
  });

  it.each<[string, PriceList]>([
    [
      'a page is cut',
      {
        dated: 'published',
        offers: async () =>
          (await recorded.offers()).map((pages) => ({ ...pages, pages: pages.pages.slice(0, 1) })),
      },
    ],
    [
      'an offer is missing',
      { dated: 'published', offers: async () => (await recorded.offers()).slice(1) },
    ],
    [
      'the price list is down',
      { dated: 'published', offers: () => Promise.reject(new Error('down')) },
    ],
  ])('is never made when %s, however often it is tried', async (_, priceList) => {
    let tries = 0;
    const counted = { ...priceList, offers: () => ((tries += 1), priceList.offers()) };
    const { status } = await world.run(counted);

    expect(status).toBe('FAILED');
    expect(tries).toBe(4);
    expect(await world.store.currentPriceBook()).toBeUndefined();
    expect(await world.keys('prices/book-')).toEqual([]);
  });

  it('is the same when every state fails once as Lambda does, and when every state is done twice', async () => {
    const failed = new Set<string>();
    const failing = (steps: Record<PricingStep, Step>) =>
      Object.fromEntries(
        PRICING_STEPS.map((step) => [
          step,
          (input: unknown) => {
            if (failed.has(step)) return steps[step](input);
            failed.add(step);
            return Promise.reject(
              Object.assign(new Error('x'), { name: 'Lambda.ServiceException' }),
            );
          },
        ]),
      );
    const twice = (steps: Record<PricingStep, Step>) =>
      Object.fromEntries(
        PRICING_STEPS.map((step) => [
          step,
          async (input: unknown) => (await steps[step](input), steps[step](input)),
        ]),
      );
    const [first, again] = [world, createWorld()];
    try {
      for (const list of [recorded, republished('2026-11-02', novaLite(110n))]) {
        await first.run(list, { steps: failing });
        await again.run(list, { steps: twice });
      }

      expect(await again.store.currentPriceBook()).toBe(await first.store.currentPriceBook());
    } finally {
      again.remove();
    }
  });
});

it('the runs above have reached every state, every branch and every catch', () => {
  expect(coverage(pricingDefinition(), histories)).toEqual([]);
});
