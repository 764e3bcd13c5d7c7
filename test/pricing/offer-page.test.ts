import { describe, expect, it } from '@jest/globals';
import { OfferPagesError, readOfferPages } from '../../pricing/offer-page.ts';
import { groupPageNames } from '../../pricing/page-names.ts';
import { recordedPage } from './price-rows.ts';

const OFFER = 'AmazonBedrock';
const pages = [1, 2, 3, 4].map((page) => recordedPage(`AmazonBedrock-us-east-1-page-${page}.json`));
const service = recordedPage('AmazonBedrockService-us-east-1-page-1.json');

interface Item {
  terms: Record<
    string,
    Record<
      string,
      { effectiveDate?: string; priceDimensions: Record<string, Record<string, unknown>> }
    >
  >;
  product: { attributes: Record<string, string> };
}

/** What becomes of a recorded product after a change to it. */
function reasonAfter(change: (item: Item) => void): string {
  const item = JSON.parse(service.PriceList[0] ?? '') as Item;
  change(item);
  const page = { ...service, PriceList: [JSON.stringify(item)] };
  const [reading] = readOfferPages('AmazonBedrockService', [page]).readings;
  return reading?.kind === 'refused' ? reading.refused.reason : 'row';
}

function dimensionOf(item: Item): Record<string, unknown> {
  const [term] = Object.values(item.terms['OnDemand'] ?? {});
  return Object.values(term?.priceDimensions ?? {})[0] ?? {};
}

describe('pages of an offer', () => {
  it('are read whole, whether their items are texts or String objects', () => {
    // @aws-sdk/client-pricing 3.1133 hands out String objects.
    const boxed = pages.map((page) => ({
      ...page,
      PriceList: page.PriceList.map((text) => Object(text) as unknown),
    }));

    const rows = readOfferPages(OFFER, pages);

    expect(rows.readings).toHaveLength(308);
    expect(rows.readings.every(({ kind }) => kind === 'row')).toBe(true);
    expect(rows.publication).toBe('2026-10-14T08:15:30.000Z');
    expect(readOfferPages(OFFER, boxed)).toEqual(rows);
  });

  it.each([
    ['the last is missing', pages.slice(0, 3)],
    ['a middle one is missing its NextToken', [{ ...pages[0], NextToken: undefined }, pages[3]]],
    ['one came twice', [pages[0], pages[0], pages[3]]],
    ['there is none', []],
    ['one is no GetProducts answer', [{ message: 'Rate exceeded' }]],
    ['one is of another format', [{ ...pages[3], FormatVersion: 'aws_v2' }]],
    ['an item is cut', [{ ...pages[3], PriceList: ['{"product":'] }]],
    ['an item is no text', [{ ...pages[3], PriceList: [{}] }]],
    ['they are of another offer', [service]],
    [
      'they are of two publications',
      [
        pages[0],
        {
          ...pages[3],
          PriceList: pages[3]?.PriceList.map((text) => text.replaceAll('20261014', '20261015')),
        },
      ],
    ],
  ])('never make a book when %s', (_, broken) => {
    expect(() => readOfferPages(OFFER, broken)).toThrow(OfferPagesError);
  });

  it('are put in order by their names, and none may be missing', () => {
    const names = [10, 2, 1, 3, 4, 5, 6, 7, 8, 9].map(
      (page) => `AmazonBedrock-eu-west-1-page-${page}.json`,
    );

    expect(groupPageNames(names)[0]?.names.at(-1)).toBe('AmazonBedrock-eu-west-1-page-10.json');
    expect(() => groupPageNames(names.slice(0, 5))).toThrow('got pages 1, 2, 3, 4, 10');
    expect(() => groupPageNames(['readme.md'])).toThrow(OfferPagesError);
  });
});

describe('a product', () => {
  it('is read in the one known shape', () => {
    expect(reasonAfter(() => undefined)).toBe('row');
  });

  it('is refused with a second term, a second price dimension or reserved terms', () => {
    const ONE = 'not one OnDemand term with one price dimension';

    expect(
      reasonAfter((item) => {
        const [term] = Object.values(item.terms['OnDemand'] ?? {});
        if (term) term.priceDimensions['X'] = dimensionOf(item);
      }),
    ).toBe(ONE);
    expect(
      reasonAfter((item) => {
        const terms = item.terms['OnDemand'] ?? {};
        item.terms['OnDemand'] = { ...terms, X: { priceDimensions: { Y: dimensionOf(item) } } };
      }),
    ).toBe(ONE);
    expect(reasonAfter((item) => (item.terms['Reserved'] = {}))).toBe(ONE);
  });

  it('is refused with a price that depends on the quantity', () => {
    const reason = 'price range other than 0 to Inf';

    expect(reasonAfter((item) => (dimensionOf(item)['beginRange'] = '1000'))).toBe(reason);
    expect(reasonAfter((item) => (dimensionOf(item)['endRange'] = '1000'))).toBe(reason);
  });

  it('is refused with a currency other than USD', () => {
    const reason = 'currency other than USD';

    expect(reasonAfter((item) => (dimensionOf(item)['pricePerUnit'] = { CNY: '1' }))).toBe(reason);
    expect(
      reasonAfter((item) => (dimensionOf(item)['pricePerUnit'] = { USD: '1', CNY: '1' })),
    ).toBe(reason);
  });

  it('is refused with a price that is no decimal text', () => {
    expect(reasonAfter((item) => (dimensionOf(item)['pricePerUnit'] = { USD: 0.003 }))).toBe(
      'price not a plain decimal',
    );
  });

  it('is refused with a date that no calendar has', () => {
    const reason = reasonAfter((item) => {
      const [term] = Object.values(item.terms['OnDemand'] ?? {});
      if (term) term.effectiveDate = '2026-02-31T00:00:00Z';
    });

    expect(reason).toBe('effective date not understood');
  });

  it('is refused without a usage type', () => {
    expect(reasonAfter((item) => (item.product.attributes = {}))).toBe('no usage type');
  });
});
