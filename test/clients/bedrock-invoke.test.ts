import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import type { InvokeModelCommandInput } from '@aws-sdk/client-bedrock-runtime';
import type { ModelCall } from '../../domain/model-call.ts';
import { USAGE, answerOf, send, startGateway } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';
import { bedrockClient } from './bedrock-client.ts';

const CLAUDE = 'us.anthropic.claude-opus-5-5';
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const json = (value: Uint8Array | undefined): unknown =>
  JSON.parse(new TextDecoder().decode(value));
const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 50, messages: [] };
const REPLY = { content: [{ type: 'text', text: 'hi' }], usage: { input_tokens: 11 } };
const LAST = { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 11, outputTokenCount: 20 } };

let harness: Harness;
let client: ReturnType<typeof bedrockClient>;
let calls: ModelCall[] = [];

beforeAll(async () => {
  harness = await startGateway({
    answer: (call) => {
      calls.push(call);
      const chunks = ['h', 'i', LAST].map((word) => ({
        type: 'chunk' as const,
        bytes: bytes(word),
      }));
      const whole = { type: 'body' as const, bytes: bytes(REPLY), contentType: 'application/json' };
      return answerOf({ text: call.stream ? chunks : [whole] });
    },
  });
  client = bedrockClient(harness);
});

beforeEach(() => {
  calls = [];
});

afterAll(async () => {
  client.destroy();
  await harness.stop();
});

function invoke(differs: Partial<InvokeModelCommandInput> = {}) {
  const input = { modelId: CLAUDE, contentType: 'application/json', body: bytes(body) };
  return client.send(new InvokeModelCommand({ ...input, ...differs }));
}

describe("AWS's SDK with bodies in a model's own format", () => {
  it('is given the reply as the model gave it, and the line carries its usage', async () => {
    const reply = await invoke();

    expect(json(reply.body)).toEqual(REPLY);
    expect(reply.contentType).toBe('application/json');
    expect(reply.performanceConfigLatency).toBe('standard');
    expect(reply.serviceTier).toBe('default');
    expect(harness.lines().at(-1)).toMatchObject({
      ...{ id: reply.$metadata.requestId, api: 'bedrock.invoke', model_requested: CLAUDE },
      ...USAGE,
    });
  });

  it('is told in headers what was used', async () => {
    const reply = await send(harness, {
      path: `/model/${encodeURIComponent(CLAUDE)}/invoke`,
      headers: [['authorization', `Bearer ${harness.key}`]],
      body: JSON.stringify(body),
    });

    expect(reply.headers).toMatchObject({
      'x-amzn-bedrock-input-token-count': '11',
      'x-amzn-bedrock-output-token-count': '20',
      'x-amzn-bedrock-cache-read-input-token-count': '5',
      'x-amzn-bedrock-cache-write-input-token-count': '5',
    });
  });

  it('is given the chunks of a stream, and the last one says what was used', async () => {
    const command = new InvokeModelWithResponseStreamCommand({
      modelId: CLAUDE,
      body: bytes(body),
    });
    const reply = await client.send(command);
    const chunks: unknown[] = [];
    for await (const event of reply.body ?? []) chunks.push(json(event.chunk?.bytes));

    expect(chunks).toEqual(['h', 'i', LAST]);
    expect(reply.contentType).toBe('application/json');
    expect(harness.lines().at(-1)).toMatchObject({ api: 'bedrock.invoke', stream: true, ...USAGE });
  });

  it('has its body reach the model byte for byte, with the headers that are for it', async () => {
    const text = '{ "max_tokens":50,\n "anthropic_version": "bedrock-2023-05-31","messages":[]}';
    await invoke({
      body: new TextEncoder().encode(text),
      ...{ trace: 'ENABLED', guardrailIdentifier: 'g1', guardrailVersion: '2' },
      ...{ performanceConfigLatency: 'optimized', serviceTier: 'priority' },
    });

    const [call] = calls;
    expect(call).toMatchObject({
      ...{ kind: 'invoke', maxTokens: 50, other: {} },
      headers: {
        'x-amzn-bedrock-trace': 'ENABLED',
        'x-amzn-bedrock-guardrailidentifier': 'g1',
        'x-amzn-bedrock-guardrailversion': '2',
        'x-amzn-bedrock-performanceconfig-latency': 'optimized',
        'x-amzn-bedrock-service-tier': 'priority',
      },
    });
    expect(call?.kind === 'invoke' && new TextDecoder().decode(call.bodies[0])).toBe(text);
  });

  it('has pictures counted that nobody else reports', async () => {
    const asked = {
      taskType: 'TEXT_IMAGE',
      imageGenerationConfig: { numberOfImages: 3, width: 512, height: 512 },
    };
    await invoke({ modelId: 'amazon.nova-canvas-v1:0', body: bytes(asked) });

    expect(calls[0]).toMatchObject({ maxTokens: null, other: { image_t2i_512_standard: 3 } });
  });

  it.each([
    ['request-metadata', { requestMetadata: '{"tenant":"t_other"}' }, 'headers'],
    ['another type of reply', { accept: 'image/png' }, 'accept'],
    [
      'no cap and a model nobody knows',
      {
        modelId: 'arn:aws:bedrock:us-east-1:123456789012:imported-model/x',
        body: bytes({ prompt: 'x' }),
      },
      'max_tokens',
    ],
    [
      'several answers',
      { modelId: 'openai.gpt-oss-20b-1:0', body: bytes({ max_tokens: 9, n: 2 }) },
      'n',
    ],
    ['a list', { body: bytes([1]) }, 'body'],
  ] satisfies [string, Partial<InvokeModelCommandInput>, string][])(
    'is refused by name what would not be honoured: %s',
    async (_what, differs, field) => {
      const error = await invoke(differs).catch((reason: unknown) => reason as Error);

      expect(error).toMatchObject({ name: 'ValidationException' });
      expect((error as Error).message).toContain(field);
      expect(calls).toEqual([]);
    },
  );
});

describe('CountTokens', () => {
  const text = 'x'.repeat(40);

  it('counts a conversation and a body, and neither reserves nor meters', async () => {
    const before = [harness.lines().length, harness.models.counts()];
    const converse = { messages: [{ role: 'user' as const, content: [{ text }] }] };
    const counted = await Promise.all([
      client.send(new CountTokensCommand({ modelId: CLAUDE, input: { converse } })),
      client.send(
        new CountTokensCommand({ modelId: CLAUDE, input: { invokeModel: { body: bytes(body) } } }),
      ),
    ]);

    expect(counted.map(({ inputTokens }) => inputTokens)).toEqual([
      10,
      Math.ceil(bytes(body).length / 4),
    ]);
    expect([harness.lines().length, harness.models.counts()]).toEqual(before);
  });

  it.each([
    ['{"input":{}}', 'input'],
    ['{"input":{"converse":{"messages":[]},"invokeModel":{"body":"e30="}}}', 'input'],
    ['{"input":{"invokeModel":{"body":"%"}}}', 'base64'],
    ['{"input":{"invokeModel":{"body":"e30"}},"tenant":"t_x"}', 'tenant'],
    [`{"input":{"invokeModel":{"body":"${btoa('['.repeat(9000))}"}}}`, 'nesting'],
  ])('refuses what it cannot read: %s', async (text, named) => {
    const reply = await send(harness, {
      path: `/model/${CLAUDE}/count-tokens`,
      headers: [['authorization', `Bearer ${harness.key}`]],
      body: text,
    });

    expect(reply.status).toBe(400);
    expect(reply.headers['x-amzn-errortype']).toBe('ValidationException');
    expect((JSON.parse(reply.text) as { message: string }).message).toContain(named);
  });
});
