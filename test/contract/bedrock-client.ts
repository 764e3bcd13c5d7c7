import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { awsEvent, awsException } from '../../domain/dialects/event-stream.ts';
import type { ModelCall, ModelEvent } from '../../domain/model-call.ts';
import type { ModelClient } from '../../handlers/ports.ts';
import { startSimulatedBedrock } from '../../runtime/local/simulated/simulated-bedrock-server.ts';
import type { SimulatedAnswer } from '../../runtime/local/simulated/simulated-bedrock.ts';
import { BODIES_AT_ONCE } from '../../runtime/node/bedrock-bodies.ts';
import { listen, stop } from '../aws/stand-ins/aws-json-server.ts';
import {
  USAGE,
  answerOf,
  converseCall,
  describeModelClient,
  eventsOf,
  invokeCall,
} from './model-client.ts';

/** A client of the Bedrock at an endpoint, which gives up a model that is silent for so long. */
export type ModelsOf = (endpoint: string, silenceMs?: number) => ModelClient;

interface BedrockClient {
  readonly modelsOf: ModelsOf;
  readonly http2?: boolean;
}

async function openWorld(modelsOf: ModelsOf, http2: boolean) {
  let next: (call: ModelCall) => Partial<SimulatedAnswer> = () => ({});
  const asked: ModelCall[] = [];
  const server = await startSimulatedBedrock({
    http2,
    answer: (call) => {
      asked.push(call);
      return answerOf(next(call));
    },
  });
  return {
    ...{ server, asked, models: modelsOf(server.endpoint) },
    answer: (differs: Partial<SimulatedAnswer> | typeof next) => {
      next = typeof differs === 'function' ? differs : () => differs;
    },
    counts: () => server.counts(),
    close: () => server.close(),
  };
}

const lastOf = (events: readonly ModelEvent[]) => events.at(-1);

/** Everything a client of Bedrock must do on the wire, beside what any `ModelClient` does. */
export function describeBedrockClient(
  name: string,
  { modelsOf, http2 = false }: BedrockClient,
): void {
  describeModelClient(name, () => openWorld(modelsOf, http2));
  describe(`wire: ${name}`, () => {
    describeCalls(modelsOf, http2);
    describeBodies(modelsOf, http2);
    if (!http2) describeBadEnds(modelsOf);
  });
}

function describeCalls(modelsOf: ModelsOf, http2: boolean): void {
  describe('a call', () => {
    let world: Awaited<ReturnType<typeof openWorld>>;
    beforeEach(async () => {
      world = await openWorld(modelsOf, http2);
    });
    afterEach(() => world.close());

    it('arrives as it was meant, bytes and all', async () => {
      const image = { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } as const;
      const call = converseCall({
        stream: false,
        maxTokens: 77,
        modelRequested: 'us.anthropic.claude-opus-5-5',
        request: {
          system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default', ttl: '1h' } }],
          messages: [
            { role: 'user', content: [{ text: 'What is it?' }, { image }] },
            {
              role: 'assistant',
              content: [
                { reasoningContent: { redactedContent: 'AAEC/w==' } },
                {
                  toolUse: { toolUseId: 't1', name: 'look', input: { source: { bytes: 'mine' } } },
                },
              ],
            },
            {
              role: 'user',
              content: [{ toolResult: { toolUseId: 't1', content: [{ json: { bytes: 'x' } }] } }],
            },
          ],
          inferenceConfig: { temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
          toolConfig: {
            tools: [{ toolSpec: { name: 'look', inputSchema: { json: { type: 'object' } } } }],
            toolChoice: { tool: { name: 'look' } },
          },
          additionalModelRequestFields: { top_k: 5 },
          performanceConfig: { latency: 'optimized' },
          serviceTier: { type: 'flex' },
        },
      });

      const { error } = await eventsOf(world.models, call);

      expect(error).toBeNull();
      const [got] = world.asked;
      expect(got).toMatchObject({
        modelRequested: call.modelRequested,
        maxTokens: 77,
        stream: false,
      });
      expect(got?.kind === 'converse' && got.request).toEqual(call.request);
    });

    it('is streamed where it is to be streamed', async () => {
      await eventsOf(world.models, converseCall({ stream: true }));
      await eventsOf(world.models, converseCall({ stream: false }));

      expect(world.asked.map(({ stream }) => stream)).toEqual([true, false]);
    });

    it('is made once, whatever becomes of it', async () => {
      for (const mode of ['throttle', 'fail', 'cut'] as const) {
        const before = world.counts().calls;
        world.server.setMode(mode, 5);
        const { error } = await eventsOf(world.models, converseCall());

        expect(error).toMatchObject({ name: 'ModelError' });
        expect([mode, world.counts().calls - before]).toEqual([mode, 1]);
      }
    });

    it.each([
      ['throttle', true, 'throttled'],
      ['throttle', false, 'throttled'],
      ['fail', true, 'upstream_error'],
      ['fail', false, 'upstream_error'],
      ['cut', true, 'cut'],
      ['cut', false, 'cut'],
    ] as const)('in the mode %s, streamed %s, ends as %s', async (mode, stream, failure) => {
      world.server.setMode(mode);

      const { error } = await eventsOf(world.models, converseCall({ stream }));
      expect(error).toMatchObject({ name: 'ModelError', failure, usage: null });
    });

    it.each([true, false])(
      'that falls silent is given up in time, streamed: %s',
      async (stream) => {
        world.server.setMode('stall');
        const startedMs = performance.now();

        const { events, error } = await eventsOf(
          modelsOf(world.server.endpoint, 200),
          converseCall({ stream }),
        );

        expect(error).toMatchObject({ name: 'ModelError', failure: 'timeout', usage: null });
        expect(events.length > 0).toBe(stream);
        expect(performance.now() - startedMs).toBeLessThan(2_000);
      },
    );

    it.each([
      ['missing_usage', true],
      ['missing_usage', false],
      ['wrong_usage', true],
      ['wrong_usage', false],
    ] as const)('in the mode %s, streamed %s, has used nobody knows what', async (mode, stream) => {
      world.server.setMode(mode);

      const { events, error } = await eventsOf(world.models, converseCall({ stream }));
      expect(error).toBeNull();
      expect(lastOf(events)).toMatchObject({ type: 'end', usage: null });
      expect(world.counts().tokens).toEqual(USAGE);
    });

    it('that reached nobody used nothing', async () => {
      const gone = await startSimulatedBedrock();
      await gone.close();

      const { error } = await eventsOf(modelsOf(gone.endpoint), converseCall());
      expect(error).toMatchObject({ name: 'ModelError', failure: 'upstream_error' });
    });

    it('whose connection broke before an answer may have used anything', async () => {
      const server = createTcpServer((socket) => {
        socket.once('data', () => socket.destroy());
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

      const { error } = await eventsOf(modelsOf(endpoint), converseCall());
      expect(error).toMatchObject({ name: 'ModelError', failure: 'cut' });
      server.close();
    });
  });
}

function describeBadEnds(modelsOf: ModelsOf): void {
  describe('a stream that ends badly', () => {
    const word = awsEvent('contentBlockDelta', { delta: { text: 'one ' }, contentBlockIndex: 0 });
    const start = awsEvent('messageStart', { role: 'assistant' });
    const stopped = awsEvent('messageStop', { stopReason: 'end_turn' });

    it.each([
      ['no end at all', [start, word], 'cut'],
      ['its stop, but no account', [start, word, stopped], 'cut'],
      ['nothing', [], 'cut'],
      ['throttling before a word', [start, awsException('throttlingException', 'no')], 'throttled'],
      ['throttling after a word', [start, word, awsException('throttlingException', 'no')], 'cut'],
      ['a refusal', [awsException('validationException', 'no')], 'client_error'],
      ['the model’s own error', [start, awsException('modelStreamErrorException', 'no')], 'cut'],
      ['the service’s error', [start, word, awsException('internalServerException', 'no')], 'cut'],
      ['half a message', [start, word.slice(0, 20)], 'cut'],
      ['bytes that are no message', [new Uint8Array(64).fill(7)], 'cut'],
    ])('with %s', async (_how, pieces, failure) => {
      const server = createServer((request, response) => {
        request.resume();
        response.writeHead(200, {
          'content-type': 'application/vnd.amazon.eventstream',
          'x-amzn-requestid': 'request-1',
        });
        for (const piece of pieces) response.write(piece);
        response.end();
      });
      const endpoint = await listen(server);

      const { error } = await eventsOf(modelsOf(endpoint, 2_000), converseCall());
      expect(error).toMatchObject({
        name: 'ModelError',
        failure,
        usage: null,
        upstreamId: 'request-1',
      });
      await stop(server);
    });
  });
}

function describeBodies(modelsOf: ModelsOf, http2: boolean): void {
  describe('bodies in a model’s own format', () => {
    let world: Awaited<ReturnType<typeof openWorld>>;
    beforeEach(async () => {
      world = await openWorld(modelsOf, http2);
    });
    afterEach(() => world.close());

    const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
    const body = (value: unknown) => {
      return { type: 'body', bytes: bytesOf(value), contentType: 'application/json' } as const;
    };
    const split = {
      ...{ input_tokens: 1, output_tokens: 1, cache_read_input_tokens: 0 },
      cache_creation_input_tokens: 25,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 5 },
    };

    it('tell how long a cache write lives where the headers do not', async () => {
      world.answer({ text: [body({ usage: split })] });

      const { events } = await eventsOf(world.models, invokeCall());
      expect(lastOf(events)).toMatchObject({ usage: USAGE });
    });

    it('tell it in the first chunk of a stream', async () => {
      const first = bytesOf({ type: 'message_start', message: { usage: split } });
      world.answer({ text: [{ type: 'chunk', bytes: first }] });

      const { events } = await eventsOf(world.models, invokeCall({ stream: true }));
      expect(lastOf(events)).toMatchObject({ usage: USAGE });
    });

    it('are several requests of one attempt, whose usage is summed', async () => {
      world.answer({ text: [body({ embedding: [1] })] });
      const bodies = [1, 2, 3].map((n) => bytesOf({ inputText: `text ${n}` }));
      const call = invokeCall({ modelRequested: 'amazon.titan-embed-text-v2:0', bodies });

      const { events } = await eventsOf(world.models, call);

      expect(events.map(({ type }) => type)).toEqual(['body', 'body', 'body', 'end']);
      expect(lastOf(events)).toMatchObject({ usage: { input: 33, output: 126 } });
      expect(world.counts().calls).toBe(3);
    });

    const texts = (count: number) =>
      Array.from({ length: count }, (_, n) => bytesOf({ inputText: `text ${n}` }));
    const textOf = (call: ModelCall) =>
      call.kind === 'invoke' ? new TextDecoder().decode(call.bodies[0]) : '';

    it('tell what all of them used where one of them was throttled', async () => {
      world.answer((call) =>
        textOf(call).includes('text 20"')
          ? { failure: 'throttled' }
          : { text: [body({ embedding: [1] })] },
      );
      const call = invokeCall({
        modelRequested: 'amazon.titan-embed-text-v2:0',
        bodies: texts(60),
      });

      const { events, error } = await eventsOf(world.models, call);

      const { input, output } = world.counts().tokens;
      expect(error).toMatchObject({
        ...{ name: 'ModelError', failure: 'throttled', usage: { input, output } },
      });
      // The first twenty were answered before it; those that ran beside it are paid for as well.
      expect(events).toHaveLength(20);
      expect(world.counts().calls).toBeGreaterThan(20);
      expect(world.counts().calls).toBeLessThanOrEqual(20 + BODIES_AT_ONCE);
    });

    it('come in their order, and do not wait for each other one by one', async () => {
      world.answer((call) => ({
        text: [body({ said: textOf(call) })],
        firstByteMs: 40 + (textOf(call).length % 3) * 20,
      }));
      const bodies = texts(96);
      const startedMs = performance.now();

      const modelRequested = 'amazon.titan-embed-text-v2:0';
      const { events } = await eventsOf(world.models, invokeCall({ modelRequested, bodies }));

      // One by one they would take four seconds at least.
      expect(performance.now() - startedMs).toBeLessThan(3_000);
      const said = events.flatMap((event) =>
        event.type === 'body' ? [new TextDecoder().decode(event.bytes)] : [],
      );
      expect(said).toEqual(
        bodies.map((one) => JSON.stringify({ said: new TextDecoder().decode(one) })),
      );
    });

    it('tell the units of their guardrail where one of them fails', async () => {
      const headers = {
        'x-amzn-bedrock-guardrailidentifier': 'gr1',
        ...{ 'x-amzn-bedrock-guardrailversion': '1', 'x-amzn-bedrock-trace': 'ENABLED' },
      };
      world.answer((call) =>
        textOf(call).includes('text 2"')
          ? { failure: 'client_error' }
          : { text: [body({ completion: 'hi' })] },
      );

      const { error } = await eventsOf(world.models, invokeCall({ headers, bodies: texts(3) }));

      expect(error).toMatchObject({ failure: 'client_error', other: { guardrail_word_unit: 2 } });
      expect(world.counts().guardrail).toMatchObject({ wordPolicyUnits: 2 });
    });

    it.each(['missing_usage', 'wrong_usage'] as const)(
      'have used nobody knows what in the mode %s',
      async (mode) => {
        world.answer({ text: [body({ completion: 'hi' })] });
        world.server.setMode(mode);

        const { events } = await eventsOf(world.models, invokeCall());
        expect(lastOf(events)).toMatchObject({ type: 'end', usage: null });
      },
    );

    it('may be billed by what is no token', async () => {
      world.answer({ text: [body({ images: ['…'] })] });
      world.server.setMode('missing_usage');

      const call = invokeCall({
        modelRequested: 'stability.sd3-5-large-v1:0',
        other: { image: 2 },
      });
      const { events } = await eventsOf(world.models, call);
      expect(lastOf(events)).toMatchObject({ usage: { input: 0, output: 0 }, other: { image: 2 } });
    });

    it('are streamed to a cut as conversations are', async () => {
      world.answer({
        text: [1, 2].map((n) => ({ type: 'chunk', bytes: bytesOf({ n }) }) as const),
      });
      world.server.setMode('cut');

      const { events, error } = await eventsOf(world.models, invokeCall({ stream: true }));
      expect(events).toHaveLength(1);
      expect(error).toMatchObject({ failure: 'cut', usage: null });
    });

    it.each([false, true])('tell the units of their guardrail; streamed: %s', async (stream) => {
      const headers = {
        'x-amzn-bedrock-guardrailidentifier': 'gr1',
        ...{ 'x-amzn-bedrock-guardrailversion': '1', 'x-amzn-bedrock-trace': 'ENABLED' },
      };
      const said = stream
        ? ({ type: 'chunk', bytes: bytesOf({ n: 1 }) } as const)
        : body({ completion: 'hi' });
      world.answer({ text: [said] });

      const { events } = await eventsOf(world.models, invokeCall({ stream, headers }));
      // A body of less than 1,000 characters; of an answer in the model's own form nobody counts any.
      const other = { guardrail_content_unit: 1, guardrail_word_unit: 1 };
      expect(lastOf(events)).toMatchObject({
        other: { ...other, guardrail_sensitive_information_unit: 1 },
      });
    });

    it.each([false, true])('or are guarded conversations; streamed: %s', async (stream) => {
      world.answer({ text: ['x'.repeat(1_500)] });
      const guardrailConfig = { guardrailIdentifier: 'gr1', guardrailVersion: '1' };
      const request = { ...converseCall().request, guardrailConfig };
      const traced = { ...request, guardrailConfig: { ...guardrailConfig, trace: 'enabled' } };

      const { events } = await eventsOf(world.models, converseCall({ stream, request: traced }));
      const untraced = await eventsOf(world.models, converseCall({ stream, request }));
      // One unit of what is asked, and two of 1,500 characters that are said.
      const other = { guardrail_content_unit: 3, guardrail_word_unit: 3 };
      expect(lastOf(events)).toMatchObject({
        other: { ...other, guardrail_sensitive_information_unit: 3 },
      });
      expect(lastOf(untraced.events)).not.toHaveProperty('other');
    });

    it('carry Bedrock’s own headers, and no other', async () => {
      const headers = {
        'x-amzn-bedrock-service-tier': 'flex',
        'x-amzn-bedrock-performanceconfig-latency': 'optimized',
      };
      world.answer({
        text: [body({ completion: 'hi' })],
        end: { tier: 'flex', latencyClass: 'optimized' },
      });

      const { events } = await eventsOf(world.models, invokeCall({ headers }));
      expect(world.asked[0]).toMatchObject({ headers });
      expect(lastOf(events)).toMatchObject({ tier: 'flex', latencyClass: 'optimized' });
    });
  });
}
