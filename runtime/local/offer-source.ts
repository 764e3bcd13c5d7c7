import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { OfferPagesError, readOfferPages, readProduct } from '../../pricing/offer-page.ts';
import type { OfferRows } from '../../pricing/offer-page.ts';
import { isOfferFile, readOfferFile } from '../../pricing/offer-file.ts';
import { readPriceRecords } from '../../pricing/price-record.ts';
import { isOffer, isRecord, textOf } from '../../pricing/price-row.ts';
import { createRecordedPrices, textOfOffer } from './recorded-prices.ts';

/**
 * Reads offers from a folder of recorded pages, or from one file: a GetProducts page, an offer file,
 * or JSON lines of price records.
 *
 * @throws OfferPagesError if pages are missing or cut, or the file is none of these.
 */
export async function readOffers(path: string): Promise<readonly OfferRows[]> {
  if (!existsSync(path)) throw new OfferPagesError(`${path}: got no such file or folder`);
  if (statSync(path).isDirectory()) return readFolder(path);
  const text = textOfOffer(readFileSync(path), path);
  const whole = parseJson(text);
  if (whole === undefined) return readPriceRecords(parseLines(text, basename(path)));
  if (isOfferFile(whole)) return [readOfferFile(whole)];
  if (isRecord(whole) && Array.isArray(whole['PriceList'])) return readPage(whole, path);
  // One record alone is a whole JSON document too; so is one product of an offer.
  if (isRecord(whole))
    return isRecord(whole['product']) ? readItem(whole) : readPriceRecords([whole]);
  throw new OfferPagesError(`${path}: expected pages, an offer file or JSON lines of records`);
}

async function readFolder(folder: string): Promise<readonly OfferRows[]> {
  if (!readdirSync(folder).some((name) => name.endsWith('.json'))) {
    throw new OfferPagesError(`${folder}: got no page, expected <offer>-<region>-page-<n>.json`);
  }
  const offers = await createRecordedPrices(folder).offers();
  return offers.map(({ offer, region, pages }) => ({ ...readOfferPages(offer, pages), region }));
}

function readPage(page: Readonly<Record<string, unknown>>, path: string): OfferRows[] {
  const items = page['PriceList'] as unknown[];
  if (items.length === 0) {
    throw new OfferPagesError(`${path}: got a page without a product, so of no offer`);
  }
  const products = items.map((item) => parseJson(String(item)));
  const uncut = products.find(isRecord);
  if (!uncut) throw new OfferPagesError(`${path}: expected products as JSON text`);
  const offer = uncut['serviceCode'];
  if (!isOffer(offer)) {
    throw new OfferPagesError(`${path}: got a page of ${String(offer)}, expected a Bedrock offer`);
  }
  return [readOfferPages(offer, [page])];
}

function readItem(product: Readonly<Record<string, unknown>>): OfferRows[] {
  const offer = textOf(product['serviceCode']) ?? 'unknown';
  const version = textOf(product['version']);
  const origin = { offer, region: null, snapshot: null, version, publication: null };
  return [{ ...origin, readings: [readProduct(product)] }];
}

function parseLines(text: string, name: string): unknown[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const value = parseJson(line);
    if (value === undefined) {
      throw new OfferPagesError(`${name} line ${index + 1}: got text that is not JSON`);
    }
    return [value];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
