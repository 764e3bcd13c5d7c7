/** Runs once: `price-build.ts parse|build FOLDER`, over recorded pages; reports one line of JSON. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { buildPriceBook } from '../pricing/price-book.ts';
import { encodePriceBook } from '../pricing/price-book-json.ts';
import { createPriceIndex } from '../pricing/price-index.ts';
import { readOffers } from '../runtime/local/offer-source.ts';
import { peakRssBytes } from './peak-rss.ts';

const [mode = 'build', folder = ''] = process.argv.slice(2);

/** What nobody can do without: the text of pages and products made into objects. */
function parseAll(): number {
  let rows = 0;
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.json'))) {
    const { PriceList: items } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
      PriceList: string[];
    };
    kept.push(items.map((item) => JSON.parse(item) as unknown));
    rows += items.length;
  }
  return rows;
}

async function buildAll(): Promise<number> {
  const book = buildPriceBook({ offers: await readOffers(folder), dated: 'published' });
  kept.push(createPriceIndex(book), encodePriceBook(book));
  return book.account.read;
}

const kept: unknown[] = [];
const started = performance.now();
const rows = mode === 'parse' ? parseAll() : await buildAll();
const seconds = (performance.now() - started) / 1000;
process.stdout.write(
  `${JSON.stringify({ rows, seconds, rssBytes: peakRssBytes(), kept: kept.length })}\n`,
);
