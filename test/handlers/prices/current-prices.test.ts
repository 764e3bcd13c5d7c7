import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '../../../handlers/ports.ts';
import { NoPriceBook, createCurrentPrices } from '../../../handlers/prices/current-prices.ts';
import { createFolderObjects } from '../../../runtime/local/lake/folder-objects.ts';
import { nodeCodec } from '../../../runtime/node/codec.ts';
import { priceBook, publish } from '../../metering/price-books.ts';

const bookOf = (output: string) => priceBook({ 'house.model-1': { input: '0.000001', output } });

describe('current prices', () => {
  let folder: string;
  let objects: ObjectStore;
  let current: string | undefined;
  let nowMs: number;
  let looks: number;
  let isDown: boolean;
  const errors: unknown[] = [];

  const store = {
    currentPriceBook: () => {
      looks += 1;
      return isDown ? Promise.reject(new Error('the store is down')) : Promise.resolve(current);
    },
    publishPriceBook: (key: string) => {
      current = key;
      return Promise.resolve();
    },
  };
  const open = () =>
    createCurrentPrices({
      ...{ store, objects, codec: nodeCodec, clock: { now: () => nowMs } },
      onError: (error) => errors.push(error),
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollbook-prices-'));
    objects = createFolderObjects(folder);
    [current, nowMs, looks, isDown] = [undefined, 1_000_000, 0, false];
    errors.length = 0;
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('are looked for once a minute, and a new book is in force within it', async () => {
    await publish({ objects, store }, bookOf('0.000002'));
    const prices = open();
    const first = await prices();
    await publish({ objects, store }, bookOf('0.000004'));

    nowMs += 59_999;
    expect(await prices()).toBe(first);
    expect(looks).toBe(1);
    nowMs += 1;
    const second = await prices();

    expect(second).not.toBe(first);
    expect(looks).toBe(2);
  });

  it('stay in force while nobody can be asked, which the operator is told', async () => {
    await publish({ objects, store }, bookOf('0.000002'));
    const prices = open();
    const first = await prices();
    isDown = true;
    nowMs += 60_000;

    expect(await prices()).toBe(first);
    expect(errors).toEqual([new Error('the store is down')]);
    expect(await prices()).toBe(first);
    expect(looks).toBe(2);
  });

  it('are not there before a book is, and then they are', async () => {
    const prices = open();
    await expect(prices()).rejects.toThrow(NoPriceBook);
    isDown = true;
    await expect(prices()).rejects.toThrow('the store is down');
    isDown = false;
    await publish({ objects, store }, bookOf('0.000002'));

    expect(await prices()).toBeDefined();
  });
});
