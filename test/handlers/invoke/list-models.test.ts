import { describe, expect, it } from '@jest/globals';
import { OPEN_POLICY } from '../../../domain/policy.ts';
import type { Policy } from '../../../domain/policy.ts';
import type { ApiRequest, ApiResponse } from '../../../handlers/edge/api-exchange.ts';
import { ApiRefused } from '../../../handlers/edge/api-exchange.ts';
import { createModelsFor } from '../../../handlers/invoke/list-models.ts';
import {
  createOpenAiModel,
  createOpenAiModelList,
} from '../../../handlers/dialects/openai-models.ts';
import type { PriceEntry } from '../../../pricing/price-entry.ts';
import { parseModelId } from '../../../pricing/model-id.ts';
import { call, recordedBook, recordedIndex } from '../../pricing/price-rows.ts';

const principal = { tenant: 't_x', costCenter: null, project: null, keyId: 'k' };

interface Differs {
  readonly entries?: readonly PriceEntry[];
  readonly nowMs?: number;
  readonly policy?: Partial<Policy>;
}

function modelsFor({ entries = recordedBook.entries, nowMs = 0, policy = {} }: Differs) {
  return createModelsFor({
    ...{
      prices: () => Promise.resolve({ book: { ...recordedBook, entries } }),
      region: 'us-east-1',
    },
    ...{ clock: { now: () => nowMs } },
    rules: () => Promise.resolve({ policy: { ...OPEN_POLICY, ...policy } }),
  });
}

const listed = (differs: Differs = {}) => modelsFor(differs)(principal as never);
const ids = async (differs: Differs) => (await listed(differs)).map(({ id }) => id);

describe('the models that a tenant may call', () => {
  it('are those that a call is priced under as it stands, text first', async () => {
    const models = await listed();
    const text = models.filter((model) => model.text).map(({ id }) => id);
    const rest = models.filter((model) => !model.text).map(({ id }) => id);

    expect(text.length).toBeGreaterThan(10);
    expect(models.map(({ id }) => id)).toEqual([...text.sort(), ...rest.sort()]);
    expect(new Set(models.map(({ id }) => id)).size).toBe(models.length);
    expect(rest).toContain('amazon.titan-embed-text-v2:0');
    for (const { id, provider, text: answers } of models) {
      const { model, scope } = parseModelId(id);
      const key = { ...call(model ?? '', { scope }), meter: 'output' };
      expect([id, recordedIndex.priceInForce(key, 0) !== undefined]).toEqual([id, answers]);
      expect(model?.startsWith(`${provider}.`)).toBe(true);
    }
  });

  it('are sold here and now, without anything extra', async () => {
    const [entry] = recordedBook.entries.filter(
      ({ model, meter, tier, mode }) =>
        `${model} ${meter} ${tier} ${mode}` === 'amazon.nova-lite-v1:0 output standard on_demand',
    );
    if (!entry) throw new Error('expected a recorded price');
    const from = '2026-02-01T00:00:00.000Z';
    const fromMs = Date.parse(from);
    const only = (differs: Partial<PriceEntry>, nowMs = fromMs) =>
      ids({ entries: [{ ...entry, ...differs }], nowMs });

    expect(await only({})).toEqual(['amazon.nova-lite-v1:0']);
    expect(await only({ scope: 'global' })).toEqual(['global.amazon.nova-lite-v1:0']);
    expect(await only({ region: 'eu-west-1' })).toEqual([]);
    expect(await only({ tier: 'flex' })).toEqual([]);
    expect(await only({ mode: 'batch' })).toEqual([]);
    expect(await only({ latency_class: 'optimized' })).toEqual([]);
    expect(await only({ context: 'long' })).toEqual([]);
    expect(await only({ model: 'bedrock.guardrails' })).toEqual([]);
    expect(await only({ effective_from: from })).toHaveLength(1);
    expect(await only({ effective_from: from }, fromMs - 1)).toEqual([]);
    expect(await only({ effective_to: from }, fromMs - 1)).toHaveLength(1);
    expect(await only({ effective_to: from })).toEqual([]);
  });

  it('are those of its policy', async () => {
    const lite = 'amazon.nova-lite-v1:0';

    expect(await ids({ policy: { models: [lite] } })).toEqual([lite]);
    expect(await ids({ policy: { models: [] } })).toEqual([]);
    expect(await ids({ policy: { models: [lite], endOfLifeMs: { [lite]: 0 } } })).toEqual([]);
  });
});

describe("OpenAI's words for them", () => {
  async function told(model?: string): Promise<unknown> {
    const bodies: unknown[] = [];
    const response = { json: (status: number, body: unknown) => bodies.push(status, body) };
    const ports = { modelsFor: modelsFor({ policy: { models: ['amazon.nova-lite-v1:0'] } }) };
    const handle = model === undefined ? createOpenAiModelList(ports) : createOpenAiModel(ports);
    const request = { principal, params: { model } } as unknown as ApiRequest;
    await handle(request, response as unknown as ApiResponse);
    return bodies;
  }
  const lite = { id: 'amazon.nova-lite-v1:0', object: 'model', created: 0, owned_by: 'amazon' };

  it('are a list', async () => {
    expect(await told()).toEqual([200, { object: 'list', data: [lite] }]);
  });

  it('are one of them, or 404 for any other', async () => {
    expect(await told(lite.id)).toEqual([200, lite]);
    const refused = await told('amazon.nova-micro-v1:0').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiRefused);
    expect((refused as ApiRefused).problem).toMatchObject({
      ...{ status: 404, code: 'model_not_found' },
    });
  });
});
