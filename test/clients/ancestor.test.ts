import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import type { ModelCall } from '../../domain/model-call.ts';
import type { SimulatedAnswer } from '../../runtime/local/simulated/simulated-bedrock.ts';
import {
  MODEL,
  USAGE,
  WORDS,
  answerOf,
  send,
  startGateway,
} from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';

const TEXT = WORDS.join('').trimEnd();
const TITAN = 'amazon.titan-embed-text-v2:0';
const PNG = 'iVBORw0KGgoAAAAA';
const WEATHER = { toolUseId: 't1', name: 'weather' };

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const body = (value: unknown) => {
  return { type: 'body' as const, bytes: bytes(value), contentType: 'application/json' };
};

/** What a body in a model's own format is answered with. */
function replyTo(sent: Readonly<Record<string, unknown>>): unknown {
  if ('textToImageParams' in sent) return { images: ['QUJD'] };
  if ('text_prompts' in sent) return { artifacts: [{ base64: 'QUJD' }] };
  if (Array.isArray(sent['texts'])) return { embeddings: sent['texts'].map((_, at) => [at, 1]) };
  return { embedding: [0.5, String(sent['inputText']).length] };
}

function answer(call: ModelCall): SimulatedAnswer {
  if (call.kind === 'invoke') {
    const sent = call.bodies.map((one) => JSON.parse(new TextDecoder().decode(one)) as object);
    return answerOf({ text: sent.map((one) => body(replyTo(one as Record<string, unknown>))) });
  }
  const asked = call.request.messages[0]?.content[0]?.text;
  if (asked === 'tools') {
    return answerOf({
      text: [
        'Let me look.',
        { type: 'tool_use', ...WEATHER },
        { type: 'tool_input', json: '{"city":"Oslo"}' },
        { type: 'tool_use', toolUseId: 't2', name: 'now' },
      ],
      end: { stopReason: 'tool_use' },
    });
  }
  if (asked === 'parts') return answerOf({ text: ['one', { type: 'block_end' }, 'two '] });
  if (asked === 'slow') return answerOf({ firstByteMs: 150 });
  const failures = ['throttled', 'client_error', 'upstream_error', 'timeout', 'cut'] as const;
  const failure = failures.find((word) => word === asked);
  return answerOf(failure ? { failure } : {});
}

let harness: Harness;
let calls: ModelCall[] = [];

beforeAll(async () => {
  harness = await startGateway({
    answer: (call) => {
      calls.push(call);
      return answer(call);
    },
  });
});

beforeEach(() => {
  calls = [];
});

afterAll(() => harness.stop());

type Element = Readonly<Record<string, unknown>>;

interface Reply {
  readonly status: number;
  readonly list: readonly Element[];
}

type Headers = Readonly<Record<string, string>>;

/** A request as the ancestor's documentation has it. */
async function post(query: string, json: unknown, headers: Headers = {}): Promise<Reply> {
  const { status, text } = await send(harness, {
    path: `/invoke_model?${query}`,
    headers: Object.entries({ 'x-api-key': harness.key, team_id: harness.tenant, ...headers }),
    body: JSON.stringify(json),
  });
  return { status, list: JSON.parse(text) as readonly Element[] };
}

const ask = (json: unknown, headers: Headers = {}) => post(`model_id=${MODEL}`, json, headers);
const messages = [{ role: 'user', content: [{ text: 'hello' }] }];

describe("the ancestor's documented requests", () => {
  it('a text, with the settings of its model', async () => {
    const parameters = {
      maxTokenCount: 100,
      temperature: 0.2,
      topP: 0.9,
      stopSequences: ['END'],
      seed: 7,
    };
    const { status, list } = await ask({ inputs: 'hello', parameters });

    expect([status, list]).toEqual([200, [{ generated_text: TEXT }]]);
    const [call] = calls;
    expect(call).toMatchObject({
      ...{ kind: 'converse', api: 'ancestor.text', modelRequested: MODEL },
      ...{ stream: false, maxTokens: 100 },
    });
    expect(call?.kind === 'converse' && call.request).toEqual({
      messages,
      inferenceConfig: { temperature: 0.2, topP: 0.9, stopSequences: ['END'] },
      additionalModelRequestFields: { seed: 7 },
    });
    expect(harness.lines().at(-1)).toMatchObject({
      ...{ api: 'ancestor.text', tenant: harness.tenant, outcome: 'ok', ...USAGE },
    });
  });

  it('a conversation, with everything it can have', async () => {
    const tools = [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }];
    const image = { image: { format: 'png', source: { bytes: PNG } } };
    const { list } = await ask(
      {
        inputs: [{ role: 'user', content: [{ text: 'hello' }, image] }],
        parameters: { maxTokens: 10, system: 'brief' },
        tool_config: { tools },
        additional_model_fields: { top_k: 5 },
      },
      { messages_api: 'TRUE' },
    );

    expect(list).toEqual([{ generated_text: TEXT }]);
    expect(calls[0]).toMatchObject({
      maxTokens: 10,
      request: {
        messages: [{ role: 'user', content: [{ text: 'hello' }, image] }],
        system: [{ text: 'brief' }],
        toolConfig: { tools },
        additionalModelRequestFields: { top_k: 5 },
      },
    });
  });

  it('a conversation whose content is one text, as older clients send it', async () => {
    await ask({ inputs: [{ role: 'user', content: 'hello' }] }, { 'messages-api': 'true' });

    expect(calls[0]).toMatchObject({ request: { messages } });
  });

  it('tools to be used, with the text beside them', async () => {
    expect((await ask({ inputs: 'tools' })).list).toEqual([
      { toolUse: { ...WEATHER, input: { city: 'Oslo' } }, generated_text: 'Let me look.' },
      { toolUse: { toolUseId: 't2', name: 'now', input: {} } },
    ]);
  });

  it('several parts of text, joined by a space', async () => {
    expect((await ask({ inputs: 'parts' })).list).toEqual([{ generated_text: 'one two' }]);
  });

  it('a custom model by its ARN, which is what is called', async () => {
    const arn =
      'arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/x';
    await post(`model_id=${MODEL}&model_arn=${encodeURIComponent(arn)}`, {
      ...{ inputs: 'hello', parameters: { maxTokens: 5 } },
    });

    expect(calls[0]?.modelRequested).toBe(arn);
  });

  it('vectors: one for a text, all of them for several', async () => {
    const headers = { type: 'EMBEDDINGS' };
    const one = await post(
      `model_id=${TITAN}`,
      { inputs: 'hello', parameters: { normalize: true } },
      headers,
    );
    const model = 'model_id=cohere.embed-english-v3';
    const many = await post(model, { inputs: ['a', 'b', 'c'] }, headers);

    expect(one.list).toEqual([{ embedding: [0.5, 5] }]);
    expect(many.list).toEqual([
      { embedding: [0, 1] },
      { embedding: [1, 1] },
      { embedding: [2, 1] },
    ]);
    expect(
      calls.map((call) => call.kind === 'invoke' && new TextDecoder().decode(call.bodies[0])),
    ).toEqual([
      '{"inputText":"hello","normalize":true}',
      '{"texts":["a","b","c"],"input_type":"search_document"}',
    ]);
    expect(harness.lines().at(-1)).toMatchObject({ api: 'ancestor.embeddings', ...USAGE });
  });

  it('the vector of a picture', async () => {
    const query = 'model_id=amazon.titan-embed-image-v1';
    const { list } = await post(query, { inputs: PNG }, { type: 'embeddings-image' });

    expect(list).toEqual([{ embedding: [0.5, 9] }]);
    expect(calls[0]).toMatchObject({ other: { input_image: 1 }, maxTokens: null });
  });

  it.each([
    [
      'amazon.titan-image-generator-v1',
      {
        textToImageParams: { text: 'x' },
        parameters: { imageGenerationConfig: { width: 512, height: 512, quality: 'standard' } },
      },
      [{ images: ['QUJD'] }],
      { image_t2i_512_standard: 1 },
    ],
    [
      'stability.stable-diffusion-xl-v1',
      { text_prompts: [{ text: 'x' }], parameters: { height: 512, width: 512, steps: 50 } },
      [{ artifacts: [{ base64: 'QUJD' }] }],
      { image: 1 },
    ],
  ])('pictures: %s', async (...picture) => {
    const [model, json, expected, other] = picture;
    const { list } = await post(`model_id=${model}`, json, { type: 'image', streaming: 'true' });

    expect(list).toEqual(expected);
    expect(calls[0]).toMatchObject({ kind: 'invoke', other });
  });

  it('the list of models, of those the caller may call', async () => {
    const reply = await send(harness, {
      ...{ method: 'GET', path: '/list_foundation_models' },
      headers: [['x-api-key', harness.key]],
    });
    const [first, ...more] = JSON.parse(reply.text) as readonly { modelSummaries: Element[] }[];

    expect(more).toEqual([]);
    expect(first?.modelSummaries).toContainEqual({
      modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${MODEL}`,
      ...{ modelId: MODEL, modelName: MODEL, providerName: 'amazon' },
      ...{ outputModalities: ['TEXT'], responseStreamingSupported: true },
      modelLifecycle: { status: 'ACTIVE' },
    });
  });
});

describe('long polling', () => {
  const start = async (inputs: string) => {
    const { status, list } = await ask({ inputs }, { streaming: 'True' });
    expect(status).toBe(200);
    return String(list[0]?.['request_id']);
  };
  const poll = (id: string, headers: Headers = {}) =>
    post(`model_id=${MODEL}&requestId=${id}`, {}, headers);
  const until = async (id: string): Promise<Reply> => {
    for (;;) {
      const reply = await poll(id);
      if (!('request_id' in (reply.list[0] ?? {}))) return reply;
      await wait(5);
    }
  };

  it('gives an id at once, then the answer, as often as it is fetched', async () => {
    const before = harness.lines().length;
    const id = await start('slow');
    expect(harness.lines()).toHaveLength(before);
    expect((await poll(id)).list).toEqual([{ request_id: id }]);

    const first = await until(id);

    expect(first).toEqual({ status: 200, list: [{ generated_text: TEXT }] });
    expect(await poll(id)).toEqual(first);
    const lines = harness.lines().slice(before);
    expect(lines.map((line) => [line.id, line.api, line.tenant])).toEqual([
      [id, 'ancestor.text', harness.tenant],
    ]);
  });

  it('meters when the model has ended, whether or not anybody comes back', async () => {
    const before = harness.lines().length;
    const id = await start('hello');
    while (harness.lines().length === before) await wait(5);

    expect(harness.lines().at(-1)).toMatchObject({ id, outcome: 'ok', ...USAGE });
  });

  it.each([
    ['upstream_error', 502],
    ['throttled', 429],
    ['cut', 502],
  ])('gives a failure its status: %s', async (word, status) => {
    const reply = await until(await start(word));

    expect(reply.status).toBe(status);
    expect(reply.list[0]).toMatchObject({ error: { field: null } });
    expect(typeof reply.list[0]?.['generated_text']).toBe('string');
  });

  it("is the starting tenant's alone, and an id of nobody's is not found", async () => {
    const id = await start('hello');
    await until(id);
    const others = await poll(id, { 'x-api-key': harness.otherKey, team_id: harness.other });
    const nobodys = await poll('01930000-0000-7000-8000-000000000000');

    expect(others.status).toBe(404);
    expect(others).toEqual(nobodys);
    expect(JSON.stringify(others)).not.toContain(TEXT);
  });

  it('is refused at once where the call cannot be admitted', async () => {
    const reply = await post('model_id=no%20model', { inputs: 'x' }, { streaming: 'true' });

    expect(reply.status).toBe(400);
    expect(reply.list[0]).toMatchObject({ error: { field: 'model' } });
  });

  it('is drained before the gateway closes: metered and kept', async () => {
    const closing = await startGateway({ answer: () => answerOf({ firstByteMs: 100 }) });
    const reply = await send(closing, {
      path: `/invoke_model?model_id=${MODEL}`,
      headers: [
        ['x-api-key', closing.key],
        ['streaming', 'true'],
      ],
      body: JSON.stringify({ inputs: 'hello' }),
    });
    const [{ request_id: id } = { request_id: '' }] = JSON.parse(reply.text) as {
      request_id: string;
    }[];
    expect(closing.lines()).toEqual([]);

    await closing.drain();

    expect(closing.lines()).toMatchObject([{ id, outcome: 'ok', ...USAGE }]);
    const job = await closing.jobs.find({ tenant: closing.tenant, id }, Date.now());
    expect(job?.result).toEqual({ status: 200, body: JSON.stringify([{ generated_text: TEXT }]) });
    await closing.stop();
  });
});

describe('errors', () => {
  it.each([
    ['throttled', 429, 'rate_limit_exceeded'],
    ['client_error', 400, 'bad_request'],
    ['upstream_error', 502, 'model_failed'],
  ])('of a model are a list too, with a type: %s', async (word, status, type) => {
    const reply = await ask({ inputs: word });

    expect(reply.status).toBe(status);
    expect(reply.list).toMatchObject([{ error: { type, field: null } }]);
    expect(JSON.stringify(reply)).not.toMatch(/\.ts:|stack|Traceback/);
  });

  const secret = 'SECRET-PROMPT';

  it.each([
    ['no model', '', { inputs: 'x' }, {}, 'model_id'],
    ['two models', `model_id=${MODEL}&model_id=${MODEL}`, { inputs: 'x' }, {}, 'model_id'],
    ['another parameter', `model_id=${MODEL}&tenant=t_other`, { inputs: 'x' }, {}, null],
    ['no object', `model_id=${MODEL}`, [secret], {}, null],
    ['no inputs', `model_id=${MODEL}`, {}, {}, 'inputs'],
    ['inputs of a number', `model_id=${MODEL}`, { inputs: 5 }, {}, 'inputs'],
    [
      'a conversation that is text',
      `model_id=${MODEL}`,
      { inputs: secret },
      { messages_api: 'true' },
      'inputs',
    ],
    ['a text that is a conversation', `model_id=${MODEL}`, { inputs: messages }, {}, 'inputs'],
    [
      'tools of a list',
      `model_id=${MODEL}`,
      { inputs: secret, tool_config: [] },
      {},
      'tool_config',
    ],
    [
      'an unknown field',
      `model_id=${MODEL}`,
      { inputs: secret, team_id: 't_other' },
      {},
      'team_id',
    ],
    [
      'a flag that is none',
      `model_id=${MODEL}`,
      { inputs: secret },
      { streaming: 'yes' },
      'streaming',
    ],
    [
      'two caps',
      `model_id=${MODEL}`,
      { inputs: 'x', parameters: { maxTokens: 1, max_gen_len: 9 } },
      {},
      'parameters.max_gen_len',
    ],
    [
      'a cap beside the settings',
      `model_id=${MODEL}`,
      { inputs: 'x', additional_model_fields: { max_tokens: 9 } },
      {},
      'additional_model_fields.max_tokens',
    ],
    [
      'a cap inside a setting',
      `model_id=${MODEL}`,
      { inputs: 'x', parameters: { textGenerationConfig: { maxTokenCount: 9 } } },
      {},
      'parameters.textGenerationConfig.maxTokenCount',
    ],
    [
      'a setting in a conversation',
      `model_id=${MODEL}`,
      { inputs: messages, parameters: { seed: 1 } },
      { messages_api: 'true' },
      'parameters.seed',
    ],
    [
      'a part of an endpoint',
      `model_id=${MODEL}`,
      { inputs: 'x', parameters: { InferenceComponentName: 5 } },
      {},
      'parameters.InferenceComponentName',
    ],
    ['another type', `model_id=${MODEL}`, { inputs: 'x' }, { type: 'video' }, 'type'],
    [
      'vectors of a model of text',
      `model_id=${MODEL}`,
      { inputs: 'x' },
      { type: 'embeddings' },
      'model_id',
    ],
    ['vectors of nothing', `model_id=${TITAN}`, { inputs: [] }, { type: 'embeddings' }, 'inputs'],
    [
      'other inputs in the settings',
      `model_id=${TITAN}`,
      { inputs: 'x', parameters: { inputText: secret } },
      { type: 'embeddings' },
      'parameters.inputText',
    ],
    [
      'a picture that is none',
      'model_id=amazon.titan-embed-image-v1',
      { inputs: secret },
      { type: 'embeddings-image' },
      'inputs',
    ],
    [
      'pictures of a model of text',
      `model_id=${MODEL}`,
      { prompt: secret },
      { type: 'image' },
      'model_id',
    ],
    [
      'pictures of two prompts',
      'model_id=stability.sd3-5-large-v1:0',
      { prompt: 'x', text_prompts: [] },
      { type: 'image' },
      'prompt',
    ],
    [
      'a bucket',
      'model_id=amazon.nova-canvas-v1:0',
      { textToImageParams: { s3Location: {} } },
      { type: 'image' },
      'parameters',
    ],
    ['a poll with a body', `model_id=${MODEL}&requestId=x`, { inputs: secret }, {}, null],
  ] as [string, string, unknown, Headers, string | null][])(
    'name the field of what is refused, and repeat nothing: %s',
    async (...refused) => {
      const [, query, json, headers, field] = refused;
      const reply = await post(query, json, headers);

      expect(reply.status).toBe(400);
      expect(reply.list).toMatchObject([{ error: { type: 'bad_request', field } }]);
      expect(JSON.stringify(reply)).not.toContain(secret);
      expect(calls).toEqual([]);
    },
  );

  it('of a key or a team are a list too', async () => {
    const noKey = await ask({ inputs: 'x' }, { 'x-api-key': 'nothing' });
    const noTeam = await ask({ inputs: 'x' }, { team_id: harness.other });

    expect([noKey.status, noTeam.status]).toEqual([401, 403]);
    expect(noKey.list).toMatchObject([{ error: { type: 'invalid_api_key' } }]);
    expect(noTeam.list).toMatchObject([{ error: { type: 'team_not_allowed' } }]);
  });
});
