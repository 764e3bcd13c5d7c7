import { expect, it } from '@jest/globals';
import { parseModelId } from '../../pricing/model-id.ts';
import type { PriceEntry } from '../../pricing/price-entry.ts';
import type { ApiRequest, ApiResponse } from '../../handlers/api-exchange.ts';
import { createListModels } from '../../handlers/list-models.ts';
import { call, recordedBook, recordedIndex } from '../pricing/price-rows.ts';

interface Listed {
  readonly object: string;
  readonly data: readonly { readonly id: string; readonly created: number; owned_by: string }[];
}

async function listed(entries: readonly PriceEntry[], nowMs = 0): Promise<Listed> {
  const bodies: unknown[] = [];
  const response = { json: (_status: number, body: unknown) => bodies.push(body) };
  const prices = { book: { ...recordedBook, entries } };
  const list = createListModels({ prices, region: 'us-east-1', clock: { now: () => nowMs } });
  await list({} as ApiRequest, response as unknown as ApiResponse);
  return bodies[0] as Listed;
}

it('lists ids that a call is priced under as they stand', async () => {
  const { object, data } = await listed(recordedBook.entries);

  expect(object).toBe('list');
  expect(data.length).toBeGreaterThan(10);
  expect(data.map(({ id }) => id)).toEqual([...new Set(data.map(({ id }) => id))].sort());
  for (const { id, owned_by } of data) {
    const { model, scope } = parseModelId(id);
    const key = { ...call(model ?? '', { scope }), meter: 'output' };
    expect([id, recordedIndex.priceInForce(key, 0)]).not.toEqual([id, undefined]);
    expect(model?.startsWith(`${owned_by}.`)).toBe(true);
  }
});

it('leaves out what is not sold here and now, or only with something extra', async () => {
  const [entry] = recordedBook.entries.filter(
    ({ model, meter, tier, mode }) =>
      `${model} ${meter} ${tier} ${mode}` === 'amazon.nova-lite-v1:0 output standard on_demand',
  );
  if (!entry) throw new Error('expected a recorded price');
  const from = '2026-02-01T00:00:00.000Z';
  const fromMs = Date.parse(from);
  const ids = async (differs: Partial<PriceEntry>, nowMs = fromMs) =>
    (await listed([{ ...entry, ...differs }], nowMs)).data.map(({ id }) => id);

  expect(await ids({})).toEqual(['amazon.nova-lite-v1:0']);
  expect(await ids({ scope: 'global' })).toEqual(['global.amazon.nova-lite-v1:0']);
  expect(await ids({ region: 'eu-west-1' })).toEqual([]);
  expect(await ids({ tier: 'flex' })).toEqual([]);
  expect(await ids({ mode: 'batch' })).toEqual([]);
  expect(await ids({ latency_class: 'optimized' })).toEqual([]);
  expect(await ids({ context: 'long' })).toEqual([]);
  expect(await ids({ meter: 'input' })).toEqual([]);
  expect(await ids({ effective_from: from })).toHaveLength(1);
  expect(await ids({ effective_from: from }, fromMs - 1)).toEqual([]);
  expect(await ids({ effective_to: from }, fromMs - 1)).toHaveLength(1);
  expect(await ids({ effective_to: from })).toEqual([]);
});
