import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PriceList } from '../../handlers/ports.ts';
import { readOfferPages } from '../../pricing/offer-page.ts';
import { groupPageNames } from '../../pricing/page-names.ts';

/** A price list that holds the recorded pages. */
export interface PriceListWorld {
  readonly list: PriceList;
  close(): void | Promise<void>;
}

const PAGES = join(import.meta.dirname, '../../fixtures/get-products');

/** Products per offer and Region, counted in the recorded files themselves. */
function recordedProducts(): Readonly<Record<string, number>> {
  const names = readdirSync(PAGES).filter((name) => name.endsWith('.json'));
  const counts = groupPageNames(names).map(({ offer, region, names: pages }) => {
    const products = pages.map((page) => {
      const text = readFileSync(join(PAGES, page), 'utf8');
      return (JSON.parse(text) as { PriceList: unknown[] }).PriceList.length;
    });
    return [`${offer} ${region}`, products.reduce((sum, one) => sum + one, 0)] as const;
  });
  return Object.fromEntries(counts);
}

/** The port `PriceList`: three offers, every page of them. */
export function describePriceList(name: string, open: () => Promise<PriceListWorld>): void {
  describe(`a price list: ${name}`, () => {
    let world: PriceListWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    const read = async () => {
      const offers = await world.list.offers();
      return offers.map(({ offer, region, pages }) => ({
        key: `${offer} ${region}`,
        rows: readOfferPages(offer, pages),
      }));
    };

    it('gives the three offers whole: every product of every page', async () => {
      const counted = (await read()).map(({ key, rows }) => [key, rows.readings.length]);

      expect(Object.fromEntries(counted)).toEqual(recordedProducts());
      expect(counted).toHaveLength(3);
    });

    it('gives each offer of one publication', async () => {
      for (const { rows } of await read()) {
        expect([rows.version, rows.publication]).toEqual([expect.any(String), expect.any(String)]);
      }
    });

    it('gives the same when it is asked again', async () => {
      expect(await read()).toEqual(await read());
    });

    it('says whether its dates mean anything', () => {
      expect(['recorded', 'published']).toContain(world.list.dated);
    });
  });
}
