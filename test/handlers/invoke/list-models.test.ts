import { describe, expect, it } from '@jest/globals';
import type { Budget } from '../../../domain/budget.ts';
import type { RegisteredModel } from '../../../domain/model-registry.ts';
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
import { createPriceIndex } from '../../../pricing/price-index.ts';
import { parseUsd } from '../../../domain/money.ts';
import { parseModel } from '../../../handlers/invoke/model-documents.ts';
import { call, recordedBook, recordedIndex } from '../../pricing/price-rows.ts';

const principal = { tenant: 't_x', costCenter: null, project: null, keyId: 'k' };

interface Differs {
  readonly entries?: readonly PriceEntry[];
  readonly nowMs?: number;
  readonly policy?: Partial<Policy>;
  readonly onboarded?: readonly RegisteredModel[];
  readonly budgets?: readonly Pick<Budget, 'mode'>[];
}

function modelsFor(differs: Differs) {
  const { entries = recordedBook.entries, nowMs = 0, policy = {} } = differs;
  const { onboarded = [], budgets = [] } = differs;
  return createModelsFor({
    ...{
      prices: () => Promise.resolve({ entries }),
      region: 'us-east-1',
    },
    ...{ clock: { now: () => nowMs } },
    rules: () => Promise.resolve({ policy: { ...OPEN_POLICY, ...policy }, budgets }),
    registered: { all: () => Promise.resolve(onboarded) },
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

describe('prices that an operator set', () => {
  const overridden = (model: string, price: string | null) => {
    const set = {
      ...({ ...call(model), meter: 'output', unit: 'token', scope: 'regional' } as const),
      ...{ effective_from: '1970-01-01T00:00:00.000Z', effective_to: null },
      ...{ recorded_at: '1970-01-01T00:00:00.000Z', author: 'ann', reason: 'agreed' },
      price: price === null ? null : parseUsd(price),
    };
    return createPriceIndex({ ...recordedBook, entries: [], overrides: [set] }).entries;
  };

  it('make a model one that may be called, where nothing else prices it', async () => {
    const entries = overridden('qwen.qwen9-max-v1:0', '0.000001');

    expect(await listed({ entries })).toEqual([
      { id: 'qwen.qwen9-max-v1:0', provider: 'qwen', text: true, sinceMs: 0 },
    ]);
    expect(await ids({ entries: overridden('qwen.qwen9-max-v1:0', null) })).toEqual([]);
  });

  it('list no name that only the registry knows, and no endpoint', async () => {
    for (const model of ['our-llama', 'sagemaker/llama-prod', 'a b']) {
      expect(await ids({ entries: overridden(model, '0.000001') })).toEqual([]);
    }
  });
});

describe('models that admins have onboarded', () => {
  const lite = 'amazon.nova-lite-v1:0';
  const house = (differs: object) => parseModel('house/a', { owner: 'ml', ...differs });
  const approved = house({ upstream: lite, status: 'approved' });
  const endpoint = parseModel('our-llama', {
    ...{ kind: 'sagemaker', upstream: 'llama-prod', owner: 'ml', status: 'approved' },
  });

  it('are listed under their own ids, beside what is sold', async () => {
    const models = await listed({ onboarded: [approved, endpoint] });

    expect(models).toContainEqual({ id: 'house/a', provider: 'ml', text: true, sinceMs: 0 });
    expect(models).toContainEqual({ id: 'our-llama', provider: 'ml', text: true, sinceMs: 0 });
    expect(models.map(({ id }) => id)).toContain(lite);
    const vectors = house({ upstream: 'amazon.titan-embed-text-v2:0', status: 'approved' });
    const ofVectors = await listed({ onboarded: [vectors] });
    expect(ofVectors.find(({ id }) => id === 'house/a')).toMatchObject({ text: false });
  });

  it.each([
    ['retired', {}, false],
    ['retired', { models: ['house/a'] }, false],
    ['preview', {}, false],
    ['preview', { models: ['house/a'] }, true],
    ['preview', { models: [lite] }, false],
    ['deprecated', {}, true],
    ['approved', { models: [lite] }, true],
    ['approved', { models: ['another'] }, false],
    ['approved', { endOfLifeMs: { [lite]: 0 } }, false],
    ['approved', { endOfLifeMs: { 'house/a': 1 } }, true],
  ] as const)('%s, for a policy of %j: %j', async (status, policy, expected) => {
    const onboarded = [house({ upstream: lite, status })];

    expect((await ids({ onboarded, policy })).includes('house/a')).toBe(expected);
  });

  it('say of a model that is sold whether it may be called, under every profile', async () => {
    const entries = recordedBook.entries.filter(({ model }) => model === lite);
    const both = [...entries, ...entries.map((one) => ({ ...one, scope: 'global' as const }))];
    const status = (word: string) => [parseModel(lite, { owner: 'aws', status: word })];

    expect(await ids({ entries: both })).toEqual([lite, `global.${lite}`]);
    expect(await ids({ entries: both, onboarded: status('retired') })).toEqual([]);
    expect(await ids({ entries: both, onboarded: status('preview') })).toEqual([]);
    expect(await ids({ entries: both, onboarded: status('approved') })).toHaveLength(2);
  });

  it('that cannot be guarded, or held for, are left out where they would be refused', async () => {
    const onboarded = [endpoint];
    const guardrail = { id: 'g', version: '1' };

    expect(await ids({ entries: [], onboarded })).toEqual(['our-llama']);
    expect(await ids({ entries: [], onboarded, policy: { guardrail } })).toEqual([]);
    expect(await ids({ entries: [], onboarded, budgets: [{ mode: 'strict' }] })).toEqual([]);
    expect(await ids({ entries: [], onboarded, budgets: [{ mode: 'soft' }] })).toHaveLength(1);
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
