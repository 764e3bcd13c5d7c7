import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Anthropic from '@anthropic-ai/sdk';
import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import type { ModelCall } from '../../domain/model-call.ts';
import { createAdministration } from '../../handlers/admin/administration.ts';
import { createSecretMac } from '../../runtime/node/secret-mac.ts';
import { systemClock, systemRandom } from '../../runtime/node/system.ts';
import { MODEL, answerOf, send, startGateway } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';
import { bedrockClient } from './bedrock-client.ts';

const ALLOWED = 'amazon.nova-micro-v1:0';
const content = [{ text: 'hello' }];
const converse = { messages: [{ role: 'user' as const, content }] };
const asked = { max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello' }] };
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const nova = (inferenceConfig: object) => bytes({ ...converse, inferenceConfig });

let harness: Harness;
let client: ReturnType<typeof bedrockClient>;
let calls: ModelCall[] = [];

function admin() {
  const { store } = harness;
  const ports = { store, records: store, limits: store, clock: systemClock, random: systemRandom };
  return createAdministration({ ...ports, secrets: createSecretMac(new Uint8Array(32)) }, 'test');
}

beforeAll(async () => {
  harness = await startGateway({
    answer: (call) => {
      calls.push(call);
      const body = { type: 'body', bytes: bytes({}), contentType: 'application/json' } as const;
      return answerOf(call.kind === 'invoke' ? { text: [body] } : {});
    },
  });
  await admin().setPolicy(harness.tenant, {
    ...{ models: [ALLOWED], output_tokens_max: 30, guardrail: { id: 'gr1', version: '2' } },
  });
  await admin().setBudget(harness.other, { period: 'day', limit: '0.000001', mode: 'strict' });
  client = bedrockClient(harness);
});

beforeEach(() => {
  calls = [];
});

afterAll(async () => {
  client.destroy();
  await harness.stop();
});

describe("a tenant's policy holds in every dialect", () => {
  it.each([
    ['a lower cap than was asked for', { maxTokens: 4000 }, 30],
    ['no cap at all', {}, 30],
    ['a cap that is lower already', { maxTokens: 7 }, 7],
  ])('for raw bodies, where their model reads it: %s', async (_what, inferenceConfig, cap) => {
    await client.send(new InvokeModelCommand({ modelId: ALLOWED, body: nova(inferenceConfig) }));

    const [call] = calls;
    if (call?.kind !== 'invoke') throw new Error('expected a raw body');
    const sent: unknown = JSON.parse(new TextDecoder().decode(call.bodies[0]));
    expect(sent).toEqual({ ...converse, inferenceConfig: { maxTokens: cap } });
    expect(call.maxTokens).toBe(cap);
  });

  it('for conversations', async () => {
    await client.send(new ConverseCommand({ modelId: ALLOWED, ...converse }));

    expect(calls[0]).toMatchObject({ maxTokens: 30 });
  });

  it("with its guardrail in the place of the caller's own", async () => {
    const own = { guardrailIdentifier: 'mine', guardrailVersion: '1' };
    await client.send(new InvokeModelCommand({ modelId: ALLOWED, body: nova({}), ...own }));
    await client.send(new ConverseCommand({ modelId: ALLOWED, ...converse, guardrailConfig: own }));

    expect(calls).toMatchObject([
      {
        headers: {
          'x-amzn-bedrock-guardrailidentifier': 'gr1',
          'x-amzn-bedrock-guardrailversion': '2',
        },
      },
      { request: { guardrailConfig: { guardrailIdentifier: 'gr1', guardrailVersion: '2' } } },
    ]);
  });

  it.each([
    ['converse', converse],
    ['converse-stream', converse],
    ['invoke', { ...converse, inferenceConfig: {} }],
    ['invoke-with-response-stream', { ...converse, inferenceConfig: {} }],
    ['count-tokens', { input: { converse } }],
  ])('so that another model is refused: %s', async (operation, body) => {
    const reply = await send(harness, {
      path: `/model/${MODEL}/${operation}`,
      headers: [['authorization', `Bearer ${harness.key}`]],
      body: JSON.stringify(body),
    });

    expect(reply.status).toBe(403);
    expect(reply.headers['x-amzn-errortype']).toBe('AccessDeniedException');
    expect(calls).toEqual([]);
  });

  it('in Anthropic words', async () => {
    const anthropic = new Anthropic({ apiKey: harness.key, baseURL: harness.url, maxRetries: 0 });
    const call = anthropic.messages.create({ model: MODEL, ...asked });
    await expect(call).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
    const count = anthropic.messages.countTokens({ model: MODEL, messages: asked.messages });
    await expect(count).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
    await anthropic.messages.create({ model: ALLOWED, ...asked });
    expect(calls).toMatchObject([{ maxTokens: 30 }]);
    const listed = (await anthropic.models.list()).data.map(({ id }) => id.replace('global.', ''));
    expect(new Set(listed)).toEqual(new Set([ALLOWED]));
  });
});

describe('a budget that has no room', () => {
  it("is no reason to try again for Anthropic's SDK", async () => {
    let requests = 0;
    const counted: typeof fetch = (...given) => {
      requests += 1;
      return fetch(...given);
    };
    const options = { apiKey: harness.otherKey, baseURL: harness.url, maxRetries: 2 };
    const anthropic = new Anthropic({ ...options, fetch: counted });
    const call = anthropic.messages.create({ model: MODEL, ...asked });

    await expect(call).rejects.toBeInstanceOf(Anthropic.RateLimitError);
    expect(requests).toBe(1);
    expect(calls).toEqual([]);
  });

  it("is none for AWS's SDK, which tries every 429 again", async () => {
    const other = bedrockClient({ url: harness.url, key: harness.otherKey }, 3);
    const call = other.send(new ConverseCommand({ modelId: MODEL, ...converse }));

    await expect(call).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      $metadata: { httpStatusCode: 400, attempts: 1 },
    });
    other.destroy();
    expect(calls).toEqual([]);
  });

  it.each([
    ['a tier', 'x-amzn-bedrock-service-tier', 'priority'],
    ['a latency', 'x-amzn-bedrock-performanceconfig-latency', 'optimized'],
  ])('does not hold by the standard price where a header asks for %s', async (_, name, value) => {
    const refusal = async (headers: readonly (readonly [string, string])[]) => {
      const { text } = await send(harness, {
        path: `/model/${ALLOWED}/invoke`,
        headers: [['authorization', `Bearer ${harness.otherKey}`], ...headers],
        body: JSON.stringify({ ...converse, inferenceConfig: { maxTokens: 20 } }),
      });
      return (JSON.parse(text) as { message: string }).message;
    };

    expect(await refusal([])).toContain('budget has no room');
    // The recorded prices know neither for this model.
    expect(await refusal([[name, value]])).toContain('no price');
    expect(calls).toEqual([]);
  });
});
