import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PriceList } from '../../handlers/ports.ts';
import { OfferPagesError } from '../../pricing/offer-page.ts';
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
  const text = textOfOffer(await readFile(path), path);
  try {
    return JSON.parse(text);
  } catch {
    throw new OfferPagesError(`${path}: got text that is not JSON, so the page was cut`);
  }
}

/**
 * The text of a file of offers, without the mark that some editors put before it.
 *
 * @throws OfferPagesError if it is not UTF-8: a name that was read wrong is another model's.
 */
export function textOfOffer(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new OfferPagesError(`${path}: got bytes that are not UTF-8`);
  }
}
