import { GetProductsCommand } from '@aws-sdk/client-pricing';
import type { GetProductsCommandOutput, PricingClient } from '@aws-sdk/client-pricing';
import type { Clock, OfferPages, PriceList } from '../../handlers/ports.ts';
import { OFFERS } from '../../pricing/price-row.ts';
import type { Offer } from '../../pricing/price-row.ts';
import { systemClock } from '../node/system.ts';
import { withPatience } from './patience.ts';

/**
 * Regions that answer for the price list, whatever Region the products are of.
 * docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html, read 2026-11-21.
 */
export const PRICING_ENDPOINT_REGIONS = ['us-east-1', 'eu-central-1', 'ap-south-1'] as const;

interface PricingApiOptions {
  /** Of one of `PRICING_ENDPOINT_REGIONS`. */
  readonly client: PricingClient;
  /** Regions whose prices are wanted: those that models are called in. */
  readonly regions: readonly string[];
  readonly clock?: Pick<Clock, 'sleep'>;
}

/** The price list's answer is not whole: no price book may be made of it. */
export class PriceListIncomplete extends Error {
  override readonly name = 'PriceListIncomplete';
}

/** The most products that a page holds. */
const PAGE_PRODUCTS = 100;

/** Ten requests at once and five a second are allowed: we make one at a time, and wait when refused. */
const RETRIES = { firstMs: 400, attempts: 7 };

/** AWS's price list itself: the three Bedrock offers, whole, for each Region. */
export function createPricingApi(options: PricingApiOptions): PriceList {
  const { client, regions, clock = systemClock } = options;
  const patience = { clock, ...RETRIES };

  function pageAfter(offer: Offer, region: string, token: string | null) {
    const command = new GetProductsCommand({
      ServiceCode: offer,
      FormatVersion: 'aws_v1',
      Filters: [{ Type: 'TERM_MATCH', Field: 'regionCode', Value: region }],
      MaxResults: PAGE_PRODUCTS,
      ...(token !== null && { NextToken: token }),
    });
    return withPatience(patience, () => client.send(command));
  }

  async function pagesOf(offer: Offer, region: string): Promise<OfferPages> {
    const pages: Page[] = [];
    const tokens = new Set<string>();
    let token: string | null = null;
    do {
      const answer = await pageAfter(offer, region, token);
      const page = pageOf(answer, `${offer} ${region} page ${pages.length + 1}`);
      pages.push(page);
      token = page.NextToken ?? null;
      if (token !== null && tokens.has(token)) {
        throw new PriceListIncomplete(`${offer} ${region}: got the page after ${token} twice`);
      }
      if (token !== null) tokens.add(token);
    } while (token !== null);
    return { offer, region, pages };
  }

  return {
    dated: 'published',
    async offers() {
      const offers: OfferPages[] = [];
      for (const region of regions) {
        const found: OfferPages[] = [];
        for (const offer of OFFERS) found.push(await pagesOf(offer, region));
        if (found.every(isEmpty)) {
          throw new PriceListIncomplete(`${region}: got no product of any offer, expected some`);
        }
        offers.push(...found);
      }
      return offers;
    },
  };
}

interface Page {
  readonly FormatVersion: string;
  readonly NextToken?: string;
  readonly PriceList: readonly string[];
}

/** The page as recorded ones are: the SDK hands texts out as `String` objects, which few expect. */
function pageOf(answer: GetProductsCommandOutput, where: string): Page {
  const { FormatVersion, NextToken } = answer;
  const items = answer.PriceList as readonly unknown[] | undefined;
  if (FormatVersion !== 'aws_v1' || !items) {
    const got = `${String(FormatVersion)}, ${items ? 'a' : 'no'} PriceList`;
    throw new PriceListIncomplete(`${where}: got ${got}, expected aws_v1 and a PriceList`);
  }
  const products = items.map((item) => checkedText(String(item), where));
  return { FormatVersion, ...(NextToken && { NextToken }), PriceList: products };
}

function checkedText(text: string, where: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch (cause) {
    const got = JSON.stringify(text.slice(-40));
    throw new PriceListIncomplete(`${where}: got a product that is cut, ending in ${got}`, {
      cause,
    });
  }
}

function isEmpty({ pages }: OfferPages): boolean {
  return (pages as readonly Page[]).every(({ PriceList }) => PriceList.length === 0);
}
