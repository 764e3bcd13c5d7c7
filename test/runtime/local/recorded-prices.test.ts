import { describe, expect, it } from '@jest/globals';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRecordedPrices } from '../../../runtime/local/recorded-prices.ts';
import { describePriceList } from '../../contract/price-list.ts';

const PAGES = join(import.meta.dirname, '../../../fixtures/get-products');

describePriceList('recorded pages', () =>
  Promise.resolve({ list: createRecordedPrices(PAGES), close: () => undefined }),
);

describe('recorded pages', () => {
  it('are not used when one of them is missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tollbook-pages-'));
    cpSync(PAGES, folder, { recursive: true });
    rmSync(join(folder, 'AmazonBedrock-us-east-1-page-2.json'));

    await expect(createRecordedPrices(folder).offers()).rejects.toThrow(/got pages 1, 3, 4/);
    rmSync(folder, { recursive: true });
  });
});
