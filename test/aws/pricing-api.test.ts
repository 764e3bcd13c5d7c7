import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PricingClient } from '@aws-sdk/client-pricing';
import type { Clock } from '../../handlers/ports.ts';
import { readOfferPages } from '../../pricing/offer-page.ts';
import { createPricingApi } from '../../runtime/aws/pricing-api.ts';
import { describePriceList } from '../contract/price-list.ts';
import { clientOf } from './stand-ins/clients.ts';
import { startPricingServer } from './stand-ins/pricing-server.ts';
import type { PricingServer } from './stand-ins/pricing-server.ts';

const waits: number[] = [];
const clock: Pick<Clock, 'sleep'> = {
  sleep: (ms) => {
    waits.push(ms);
    return Promise.resolve();
  },
};
const listOf = ({ endpoint }: PricingServer, regions = ['us-east-1']) =>
  createPricingApi({ client: new PricingClient(clientOf(endpoint)), regions, clock });

describePriceList('the Pricing API', async () => {
  const server = await startPricingServer();
  return { list: listOf(server), close: () => server.close() };
});

describe('the price list of AWS', () => {
  let server: PricingServer;
  beforeEach(async () => {
    server = await startPricingServer();
    waits.length = 0;
  });
  afterEach(() => server.close());

  it('is dated by its own publications', () => {
    expect(listOf(server).dated).toBe('published');
  });

  it('has products as plain texts, which the SDK hands out as objects', async () => {
    const [first] = await listOf(server).offers();

    for (const page of first?.pages as { PriceList: unknown[] }[]) {
      expect(new Set(page.PriceList.map((item) => typeof item))).toEqual(new Set(['string']));
    }
  });

  it('is asked for one Region at a time, and an offer may have nothing in one', async () => {
    await expect(listOf(server, ['us-east-1', 'eu-west-9']).offers()).rejects.toThrow(
      /eu-west-9: got no product of any offer/,
    );
    const filters = server.calls.map(({ input }) => input['Filters']);
    expect(filters.at(0)).toEqual([
      { Type: 'TERM_MATCH', Field: 'regionCode', Value: 'us-east-1' },
    ]);
    expect(filters.at(-1)).toEqual([
      { Type: 'TERM_MATCH', Field: 'regionCode', Value: 'eu-west-9' },
    ]);

    server.set({ spoil: (page, call) => (call === 6 ? { ...page, PriceList: [] } : page) });
    const offers = await listOf(server).offers();
    expect(offers.map(({ offer, pages }) => readOfferPages(offer, pages).readings.length)).toEqual([
      expect.any(Number),
      expect.any(Number),
      0,
    ]);
  });

  it('is asked again, later and later, when it is throttled', async () => {
    server.set({ tooOften: (call) => call < 3 });

    expect(await listOf(server).offers()).toHaveLength(3);
    expect(waits).toEqual([400, 800, 1600]);
  });

  it('is given up when throttling does not end', async () => {
    server.set({ tooOften: () => true });

    await expect(listOf(server).offers()).rejects.toThrow(/Rate exceeded/);
    expect(server.calls).toHaveLength(7);
  });

  it.each([
    ['a page that was cut within a product', (text: string) => text, /product that is cut/],
    ['another format', () => 'aws_v2', /expected aws_v1/],
  ])('is not used with %s', async (what, format, message) => {
    server.set({
      spoil: (page, call) => {
        if (call !== 1) return page;
        const cut = what.startsWith('a page')
          ? page.PriceList.map((item) => item.slice(0, -9))
          : [];
        return { ...page, PriceList: cut, FormatVersion: format('aws_v1') };
      },
    });

    await expect(listOf(server).offers()).rejects.toThrow(message);
  });

  it('is not used with an answer that was cut on its way', async () => {
    server.set({ spoil: (page) => JSON.stringify(page).slice(0, 5000) });

    await expect(listOf(server).offers()).rejects.toThrow(SyntaxError);
  });

  it('is not used when a page fails, however many came before', async () => {
    server.set({
      spoil: (page, call) => (call === 1 ? { ...page, NextToken: 'expired' } : page),
    });

    await expect(listOf(server).offers()).rejects.toThrow(/token expired/);
  });

  it('is not read round and round', async () => {
    let first: string | undefined;
    server.set({
      spoil: (page) => {
        first ??= page.NextToken;
        return { ...page, NextToken: first };
      },
    });

    await expect(listOf(server).offers()).rejects.toThrow(/twice/);
  });
});
