import { afterEach, describe, expect, it } from '@jest/globals';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { contentOf } from '../../domain/converse-blocks.ts';
import type { ConverseCall, ModelEvent } from '../../domain/model-call.ts';
import { createSageMakerHttp } from '../../runtime/aws/models/sagemaker-http.ts';
import { createSageMakerModel } from '../../runtime/aws/models/sagemaker-model.ts';
import { createModels } from '../../runtime/node/models.ts';
import { systemClock } from '../../runtime/node/system.ts';
import { converseCall, eventsOf, invokeCall } from '../contract/model-client.ts';
import { clientOf } from './stand-ins/clients.ts';
import { startSageMakerServer } from './stand-ins/sagemaker-server.ts';
import type { ContainerAnswer, SageMakerServer } from './stand-ins/sagemaker-server.ts';

let server: SageMakerServer;
let next: ContainerAnswer;
afterEach(() => server.close());

async function open(answer: ContainerAnswer, silenceMs = 5_000) {
  next = answer;
  server = await startSageMakerServer(() => next);
  return modelsOf(server.endpoint, silenceMs);
}

function modelsOf(endpoint: string, silenceMs = 5_000) {
  const env = {
    ...{ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'not-a-secret' },
    AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: endpoint,
  };
  const send = createSageMakerHttp({ region: 'us-east-1', clock: systemClock, env });
  return createSageMakerModel({ send, silenceMs });
}

const MESSAGES = 'sagemaker/chat-model';
const INPUTS = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/jumpstart-llama:inputs';
const callOf = (differs: Partial<ConverseCall> = {}) =>
  converseCall({ modelRequested: MESSAGES, stream: false, ...differs });
const endOf = ({ events }: { readonly events: readonly ModelEvent[] }) => {
  const end = events.at(-1);
  if (end?.type !== 'end') throw new Error(`got ${String(end?.type)}, expected the end`);
  return end;
};

const completion = {
  choices: [{ message: { role: 'assistant', content: 'one two' }, finish_reason: 'length' }],
  usage: {
    prompt_tokens: 20,
    completion_tokens: 2,
    total_tokens: 22,
    prompt_tokens_details: { cached_tokens: 5 },
  },
};
const sse = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const delta = (content: string, finish: string | null = null) =>
  sse({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });
const token = (text: string, more: object = {}) =>
  `data:${JSON.stringify({ token: { id: 1, text, special: false }, generated_text: null, ...more })}\n\n`;

describe('the stand-in for SageMaker', () => {
  it('speaks the protocol that the SDK speaks', async () => {
    await open({ json: [{ generated_text: 'hi' }] });
    const client = new SageMakerRuntimeClient(clientOf(server.endpoint));
    const asked = { EndpointName: 'e-1', InferenceComponentName: 'c-1', Body: Buffer.from('{}') };

    const whole = await client.send(new InvokeEndpointCommand(asked));
    expect(Buffer.from(whole.Body).toString()).toBe('[{"generated_text":"hi"}]');

    next = { pieces: ['one', 'two'] };
    const streamed = await client.send(new InvokeEndpointWithResponseStreamCommand(asked));
    const pieces: string[] = [];
    for await (const { PayloadPart: part } of streamed.Body ?? []) {
      pieces.push(Buffer.from(part?.Bytes ?? []).toString());
    }
    expect(pieces).toEqual(['one', 'two']);

    next = { error: 'ModelError', status: 424, original: 503 };
    await expect(client.send(new InvokeEndpointCommand(asked))).rejects.toMatchObject({
      ...{ name: 'ModelError', OriginalStatusCode: 503 },
    });
    expect(server.requests).toHaveLength(3);
    expect(server.requests[0]).toMatchObject({ endpoint: 'e-1', component: 'c-1', stream: false });
    client.destroy();
  });
});

describe('a chat model on SageMaker', () => {
  it('is told the conversation and says what it used, cached input apart', async () => {
    const models = await open({ json: completion });
    const call = callOf({
      request: {
        system: [{ text: 'Be brief.' }],
        messages: [
          {
            role: 'user',
            content: [
              { text: 'What is it?' },
              { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } },
            ],
          },
        ],
        inferenceConfig: { temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
        additionalModelRequestFields: { seed: 7 },
      },
    });

    const { events, error } = await eventsOf(models, call);

    expect(error).toBeNull();
    expect(contentOf(events)).toEqual([{ text: 'one two' }]);
    expect(endOf({ events })).toMatchObject({
      ...{ stopReason: 'max_tokens', usageSource: 'reported', upstreamId: 'request-1' },
      usage: { input: 15, cache_read: 5, cache_write_5m: 0, cache_write_1h: 0, output: 2 },
    });
    expect(server.requests).toEqual([
      {
        ...{ endpoint: 'chat-model', component: null, stream: false },
        body: {
          ...{ seed: 7, max_tokens: 100, temperature: 0.5, top_p: 0.9, stop: ['END'] },
          messages: [
            { role: 'system', content: 'Be brief.' },
            {
              role: 'user',
              content: [
                { type: 'text', text: 'What is it?' },
                { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
              ],
            },
          ],
        },
      },
    ]);
  });

  it('streams its words as they come, wherever its events are cut', async () => {
    const whole =
      delta('one ') +
      delta('zwö') +
      delta('', 'stop') +
      sse({ choices: [], usage: completion.usage });
    const pieces = [...(whole + 'data: [DONE]\n\n').match(/.{1,7}/gsu)!];
    const models = await open({ pieces });

    const { events, error } = await eventsOf(models, callOf({ stream: true }));

    expect(error).toBeNull();
    expect(contentOf(events)).toEqual([{ text: 'one zwö' }]);
    expect(events.filter(({ type }) => type === 'text')).toHaveLength(2);
    expect(endOf({ events })).toMatchObject({ usage: { input: 15, output: 2 } });
    expect(server.requests[0]!.body).toMatchObject({
      ...{ stream: true, stream_options: { include_usage: true } },
    });
  });

  it('that counts nothing is estimated, four bytes a token, and marked so', async () => {
    const choices = [{ message: { content: 'x'.repeat(41) } }];
    const models = await open({ json: { choices } });
    const messages = [{ role: 'user', content: [{ text: 'ä'.repeat(10) }] }] as const;

    const answer = await eventsOf(models, callOf({ request: { messages } }));
    expect(endOf(answer)).toMatchObject({
      usageSource: 'estimated',
      usage: { input: 5, output: 11, cache_read: 0 },
    });
    const capped = await eventsOf(models, callOf({ request: { messages }, maxTokens: 3 }));
    expect(endOf(capped)).toMatchObject({ usage: { input: 5, output: 3 } });
  });

  it('is refused what it has no place for', async () => {
    const models = await open({ json: completion });
    const { messages } = converseCall().request;
    const tool = { toolSpec: { name: 'a', inputSchema: { json: {} } } };
    for (const [more, message] of [
      [{ toolConfig: { tools: [tool] } }, /^toolConfig: not supported/],
      [{ serviceTier: { type: 'flex' } }, /^serviceTier: not supported/],
      [{ additionalModelRequestFields: { messages: [] } }, /^messages: not supported here/],
      [{ system: [{ text: 'x', cachePoint: { type: 'default' } }] }, /^system: got cachePoint/],
    ] as const) {
      const request = { messages, ...more } as ConverseCall['request'];
      const { error } = await eventsOf(models, callOf({ request }));
      expect(error).toMatchObject({ failure: 'client_error' });
      expect(error?.message).toMatch(message);
    }
    expect(server.requests).toEqual([]);
  });
});

describe('a text model on SageMaker', () => {
  const details = { finish_reason: 'stop_sequence', generated_tokens: 9, prefill: [] };

  it('is given one text, and its own account of what it made', async () => {
    const models = await open({ json: [{ generated_text: 'one two', details }] });
    const call = callOf({ modelRequested: INPUTS });

    const { events, error } = await eventsOf(models, call);

    expect(error).toBeNull();
    expect(contentOf(events)).toEqual([{ text: 'one two' }]);
    // It does not say how long its input was.
    expect(endOf({ events })).toMatchObject({
      ...{ stopReason: 'stop_sequence', usageSource: 'estimated', usage: { input: 4, output: 9 } },
    });
    expect(server.requests[0]).toMatchObject({
      endpoint: 'jumpstart-llama',
      body: {
        inputs: 'Say three words.',
        parameters: { max_new_tokens: 100, details: true, return_full_text: false },
      },
    });
  });

  it('streams tokens, and says at the end what it used', async () => {
    const last = { generated_text: 'one two', details: { ...details, input_length: 6 } };
    const end = token('</s>', last).replace('"special":false', '"special":true');
    const models = await open({ pieces: [token('one '), token('two'), end] });

    const { events, error } = await eventsOf(
      models,
      callOf({ modelRequested: INPUTS, stream: true }),
    );

    expect(error).toBeNull();
    expect(contentOf(events)).toEqual([{ text: 'one two' }]);
    expect(endOf({ events })).toMatchObject({
      ...{ usageSource: 'reported', usage: { input: 6, output: 9 } },
    });
  });

  it('may stream lines of JSON alone', async () => {
    const line = (value: unknown) => `${JSON.stringify(value)}\n`;
    const pieces = [
      line({ token: { id: 1, text: 'one ' } }),
      line({ token: { id: 2, text: 'two' }, generated_text: 'one two' }).trimEnd(),
    ];
    const models = await open({ pieces });

    const answer = await eventsOf(models, callOf({ modelRequested: INPUTS, stream: true }));
    expect(contentOf(answer.events)).toEqual([{ text: 'one two' }]);
    expect(endOf(answer)).toMatchObject({
      usageSource: 'estimated',
      usage: { input: 4, output: 2 },
    });
  });

  it('is not given a conversation that nobody made one text of', async () => {
    const models = await open({ json: [] });
    const turn = (role: 'user' | 'assistant') => ({ role, content: [{ text: 'x' }] });
    const messages = [turn('user'), turn('assistant'), turn('user')];

    const { error } = await eventsOf(
      models,
      callOf({ modelRequested: INPUTS, request: { messages } }),
    );
    expect(error).toMatchObject({ failure: 'client_error' });
    expect(server.requests).toEqual([]);
  });
});

describe('which endpoint is called, and how', () => {
  it.each([
    ['sagemaker/e', undefined, { component: null }, 'messages'],
    ['sagemaker/e', { component: 'c', shape: 'inputs' }, { component: 'c' }, 'inputs'],
    [
      'sagemaker/e/c2:messages',
      { component: null, shape: 'inputs' },
      { component: 'c2' },
      'messages',
    ],
  ] as const)('%s, where the call says %j', async (...row) => {
    const [modelRequested, sageMaker, at, member] = row;
    const models = await open({ json: [{ generated_text: 'x', ...completion }] });

    await eventsOf(models, callOf({ modelRequested, ...(sageMaker && { sageMaker }) }));
    expect(server.requests).toEqual([expect.objectContaining({ endpoint: 'e', ...at })]);
    expect(Object.keys(server.requests[0]!.body)).toContain(member);
  });

  it('is said by the id alone: Bedrock is never asked for an endpoint', async () => {
    const sageMaker = await open({ json: completion });
    const bedrock = { invoke: () => fail(), countTokens: () => Promise.resolve(3) };
    const fail = (): never => {
      throw new Error('Bedrock was called');
    };
    const models = createModels({ bedrock, sageMaker });

    expect((await eventsOf(models, callOf())).error).toBeNull();
    expect((await eventsOf(models, converseCall())).error?.message).toBe('Bedrock was called');
    expect(await models.countTokens(converseCall())).toBe(3);
    await expect(models.countTokens(callOf())).rejects.toMatchObject({ failure: 'client_error' });
  });
});

describe('a call of an endpoint that fails', () => {
  it.each([
    ['ModelNotReadyException', 429, undefined, 'throttled'],
    ['ThrottlingException', 400, undefined, 'throttled'],
    ['ValidationError', 400, undefined, 'client_error'],
    ['InternalFailure', 500, undefined, 'upstream_error'],
    ['ServiceUnavailable', 503, undefined, 'upstream_error'],
    ['InternalDependencyException', 530, undefined, 'upstream_error'],
    ['ModelError', 424, 422, 'client_error'],
    ['ModelError', 424, 429, 'throttled'],
    ['ModelError', 424, 500, 'upstream_error'],
    ['ModelError', 424, undefined, 'upstream_error'],
  ] as const)('by %s %i, its container by %p, is %s', async (...row) => {
    const [error, status, original, failure] = row;
    const models = await open({ error, status, ...(original !== undefined && { original }) });
    for (const stream of [false, true]) {
      const answer = await eventsOf(models, callOf({ stream }));
      expect(answer.error).toMatchObject({ name: 'ModelError', failure, usage: null });
      // A container may quote what it was sent.
      expect(answer.error?.message).not.toContain('CONTAINER-WORDS');
    }
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ['breaks off', { pieces: [delta('one ')], end: 'break' }],
    ['ends without its end', { pieces: [delta('one ')] }],
    ['ends in an error of SageMaker', { pieces: [delta('one ')], end: 'ModelStreamError' }],
    ['ends in an error of the container', { pieces: [delta('one '), sse({ error: 'no' })] }],
    ['is no JSON', { pieces: [delta('one '), 'data: one\n\n'] }],
  ] as const)('because its stream %s, is cut', async (_how, answer) => {
    const models = await open(answer);

    const { events, error } = await eventsOf(models, callOf({ stream: true }));
    expect(contentOf(events)).toEqual([{ text: 'one ' }]);
    expect(error).toMatchObject({ name: 'ModelError', failure: 'cut', usage: null });
  });

  it('by silence, is timed out', async () => {
    const models = await open('silence', 100);

    const { error } = await eventsOf(models, callOf());
    expect(error).toMatchObject({ name: 'ModelError', failure: 'timeout' });
  });

  it('because an answer is unreadable, is cut: a model may have worked', async () => {
    const models = await open({ json: { predictions: [] } });

    const { error } = await eventsOf(models, callOf());
    expect(error).toMatchObject({ name: 'ModelError', failure: 'cut', usage: null });
  });

  it('because nobody is there, was never made', async () => {
    await open('silence');
    const { endpoint } = await startSageMakerServer(() => 'silence').then(async (gone) => {
      await gone.close();
      return gone;
    });

    const { error } = await eventsOf(modelsOf(endpoint), callOf());
    expect(error).toMatchObject({ name: 'ModelError', failure: 'upstream_error' });
  });
});

describe('a body in the format of an endpoint', () => {
  const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const bodies = [bytesOf({ inputs: 'hello', parameters: { max_new_tokens: 50 } })];
  const call = invokeCall({ modelRequested: MESSAGES, maxTokens: 50, bodies });

  it('is sent and answered as it is', async () => {
    const reply = [{ generated_text: 'hi', details: { generated_tokens: 1, prompt_tokens: 3 } }];
    const models = await open({ json: reply });

    const { events } = await eventsOf(models, call);
    expect(events[0]).toEqual({
      ...{ type: 'body', bytes: bytesOf(reply), contentType: 'application/json' },
    });
    expect(endOf({ events })).toMatchObject({ usage: { input: 3, output: 1 } });
    expect(server.requests[0]!.body).toEqual({
      inputs: 'hello',
      parameters: { max_new_tokens: 50 },
    });
  });

  it('is estimated by its bytes where its format is not known', async () => {
    const models = await open({ json: { answer: 'x'.repeat(28) } });

    const { events } = await eventsOf(models, call);
    // 53 bytes were sent, 41 came back.
    expect(endOf({ events })).toMatchObject({
      ...{ usageSource: 'estimated', usage: { input: 14, output: 11 } },
    });
  });

  it('is streamed in chunks, read on the way', async () => {
    const pieces = [delta('one '), delta('two', 'stop') + sse({ usage: completion.usage })];
    const models = await open({ pieces });

    const { events } = await eventsOf(models, { ...call, stream: true });
    expect(events.slice(0, 2)).toEqual(
      pieces.map((piece) => ({ type: 'chunk', bytes: new TextEncoder().encode(piece) })),
    );
    expect(endOf({ events })).toMatchObject({ usageSource: 'reported', usage: { output: 2 } });
  });
});
