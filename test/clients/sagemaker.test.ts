import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ModelCall } from '../../domain/model-call.ts';
import { createAdministration } from '../../handlers/admin/administration.ts';
import { systemClock, systemRandom } from '../../runtime/node/system.ts';
import { MODEL, answerOf, chatBody, send, startGateway } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';

const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/other';
let harness: Harness;
let calls: ModelCall[] = [];

const admin = () => {
  const { store, secrets } = harness;
  const ports = { store, records: store, limits: store, clock: systemClock, random: systemRandom };
  return createAdministration({ ...ports, secrets }, 'test');
};
const register = (id: string, document: object) =>
  admin().setModel(id, { kind: 'sagemaker', owner: 'ml', status: 'approved', ...document });

beforeAll(async () => {
  harness = await startGateway({
    answer: (call) => {
      calls.push(call);
      if (call.modelRequested === MODEL) return answerOf({ failure: 'throttled' });
      return answerOf({ end: { usageSource: 'estimated' } });
    },
  });
  await admin().setPolicy(harness.tenant, { fallbacks: { [MODEL]: ['our-text'] } });
  await register('our-llama', { upstream: 'llama-prod/adapter-1' });
  await register('our-text', { upstream: `${ARN}:inputs` });
});
beforeEach(() => {
  calls = [];
});
afterAll(() => harness.stop());

interface Asked {
  readonly path?: string;
  readonly body: string;
  readonly key?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

async function ask({ path = '/v1/chat/completions', body, key, headers = [] }: Asked) {
  const credential = ['authorization', `Bearer ${key ?? harness.key}`] as const;
  const reply = await send(harness, { path, body, headers: [credential, ...headers] });
  return { status: reply.status, text: reply.text };
}

const refused = async (asked: Asked) => {
  const before = harness.lines().length;
  const reply = await ask(asked);
  expect([calls, harness.lines().length - before]).toEqual([[], 0]);
  return reply;
};

describe('a model on SageMaker', () => {
  it('is called under the id it was registered by, its tokens marked as estimated', async () => {
    const { status } = await ask({ body: chatBody({ model: 'our-llama' }) });

    expect(status).toBe(200);
    expect(calls).toEqual([
      expect.objectContaining({ modelRequested: 'sagemaker/llama-prod/adapter-1' }),
    ]);
    expect(harness.lines().at(-1)).toMatchObject({
      ...{ model_requested: 'our-llama', usage_source: 'estimated', outcome: 'ok' },
    });
  });

  it.each([ARN, 'sagemaker/llama-prod', 'sagemaker/'])(
    'that nobody registered is no way into the account: %s',
    async (model) => {
      const { status, text } = await refused({ body: chatBody({ model }) });
      expect([status, text]).toEqual([403, expect.stringContaining('model_not_registered')]);
    },
  );

  it('is not called around a guardrail', async () => {
    await admin().setPolicy(harness.other, { guardrail: { id: 'gr1', version: '1' } });

    const body = chatBody({ model: 'our-llama' });
    const { status, text } = await refused({ body, key: harness.otherKey });
    expect([status, text]).toEqual([403, expect.stringContaining('model_unguarded')]);
  });

  it.each([
    [{ model: 'our-llama', service_tier: 'flex' }, 'serviceTier'],
    [{ model: 'our-text', messages: [{ role: 'system', content: 'x' }] }, 'messages'],
  ])(
    'is refused what it would not be told, before anything is reserved: %j',
    async (more, field) => {
      const { status, text } = await refused({ body: chatBody(more) });
      expect([status, text]).toEqual([400, expect.stringContaining(field)]);
    },
  );

  it('stands in for another model, but not in calls that it could not be told', async () => {
    const busy = () => calls.map(({ modelRequested }) => modelRequested);

    expect((await ask({ body: chatBody() })).status).toBe(200);
    expect(busy()).toEqual([MODEL, `${ARN}:inputs`]);
    calls = [];
    const system = { role: 'system', content: 'Be brief.' };
    const messages = [system, { role: 'user', content: 'hello' }];
    expect((await ask({ body: chatBody({ messages }) })).status).toBe(429);
    expect(busy()).toEqual([MODEL]);
  });

  it('may be asked in its own format, which says how much it may make', async () => {
    const body = (parameters: object) => JSON.stringify({ inputs: 'x', parameters });
    const path = '/model/our-text/invoke';

    expect((await ask({ path, body: body({ max_new_tokens: 9 }) })).status).not.toBe(400);
    expect(calls).toEqual([expect.objectContaining({ kind: 'invoke', maxTokens: 9 })]);
    calls = [];
    expect((await refused({ path, body: body({}) })).status).toBe(400);
  });
});

describe("a part of an endpoint, as the ancestor's clients name it", () => {
  const ancestor = (model: string, component: string) => ({
    path: `/invoke_model?model_id=${model}`,
    body: JSON.stringify({ inputs: 'x', parameters: { InferenceComponentName: component } }),
  });

  it('is called, with one text as it was sent', async () => {
    expect((await ask(ancestor('our-text', 'part-2'))).status).toBe(200);
    expect(calls).toEqual([
      expect.objectContaining({ sageMaker: { component: 'part-2', shape: 'inputs' } }),
    ]);
  });

  it.each([
    ['a model that is not on SageMaker', MODEL, 'part-2'],
    ['a model that is another part', 'our-llama', 'part-2'],
    ['a name that is none', 'our-text', 'part/2'],
  ])('is refused for %s', async (_what, model, component) => {
    const { status, text } = await refused(ancestor(model, component));
    expect([status, text]).toEqual([400, expect.stringContaining('InferenceComponentName')]);
  });
});

describe('registering a model on SageMaker', () => {
  it('takes the name of an endpoint, its ARN, or both with a component and a shape', async () => {
    for (const [upstream, whole] of [
      [null, 'sagemaker/named'],
      ['e-1', 'sagemaker/e-1'],
      ['e-1/c-1:inputs', 'sagemaker/e-1/c-1:inputs'],
      [`${ARN}/c-1`, `${ARN}/c-1`],
    ] as const) {
      expect((await register('named', { upstream })).upstream).toBe(whole);
    }
  });

  it.each([
    { upstream: 'two/parts/more' },
    { upstream: 'e:other' },
    { upstream: 'arn:aws:sagemaker:us-east-1:123456789012:model/m' },
    { kind: 'bedrock', upstream: 'sagemaker/e' },
    { kind: 'custom', upstream: ARN },
  ])('refuses %j', async (document) => {
    await expect(register('wrong', document)).rejects.toThrow(/^model: (upstream|kind): expected/);
  });
});
