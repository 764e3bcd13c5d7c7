import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PriceList } from '../../handlers/ports.ts';
import { groupPageNames } from '../../pricing/page-names.ts';
import type { Dating } from '../../pricing/price-entry.ts';

/**
 * AWS's price list from recorded GetProducts pages, `<offer>-<region>-page-<n>.json` in a folder.
 *
 * @param dated - `published` for pages that were really downloaded, so that their dates mean something.
 */
export function createRecordedPrices(folder: string, dated: Dating = 'recorded'): PriceList {
  return {
    dated,
    async offers() {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
      return Promise.all(
        groupPageNames(names).map(async ({ offer, region, names: pages }) => ({
          offer,
          region,
          pages: await Promise.all(pages.map((name) => readJson(join(folder, name)))),
        })),
      );
    },
  };
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}
