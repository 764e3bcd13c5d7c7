import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { NO_TOKENS } from '../../domain/meters.ts';
import type { ModelCall } from '../../domain/model-call.ts';
import { gatewayDocument } from '../../runtime/node/gateway-document.ts';
import type { SimulatedAnswer } from '../../runtime/local/simulated/simulated-bedrock.ts';
import { MODEL, USAGE, WORDS, answerOf, chatBody, send } from '../runtime/local/gateway-harness.ts';
import type { EdgeHarness, StartGateway } from '../runtime/local/gateway-harness.ts';

const messages = [{ role: 'user' as const, content: 'hello' }];
const TEXT = WORDS.join('');
const EVENT_ID = /^[0-9a-f-]{36}$/;

/** The prompt says how the simulated model fails. */
function answer(call: ModelCall): SimulatedAnswer {
  const first = call.kind === 'converse' ? call.request.messages[0]?.content[0] : undefined;
  const asked = first?.text ?? '';
  if (asked === 'silent') return answerOf({ silent: true });
  const failures = ['throttled', 'client_error', 'upstream_error', 'timeout', 'cut'] as const;
  const failure = failures.find((word) => word === asked);
  return answerOf(failure ? { failure } : {});
}

/** The HTTP edge, as OpenAI's own SDK and plain requests see it. */
export function describeHttpEdge(name: string, start: StartGateway): void {
  describe(`an HTTP edge: ${name}`, () => {
    let harness: EdgeHarness;
    let openai: OpenAI;

    beforeAll(async () => {
      harness = await start({ answer });
      openai = harness.sdk();
    });

    afterAll(() => harness.stop());

    /** What the SDK makes of a call that must fail. */
    async function failureOf(
      call: Promise<unknown>,
    ): Promise<InstanceType<typeof OpenAI.APIError>> {
      const error: unknown = await call.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error instanceof OpenAI.APIError) return error;
      throw new Error('expected an APIError', { cause: error });
    }

    const prompted = (content: string) => ({
      model: MODEL,
      messages: [{ role: 'user' as const, content }],
    });

    describe("OpenAI's SDK with another base URL", () => {
      it('gets an answer, and its usage line carries the id of the reply', async () => {
        const { data, response } = await openai.chat.completions
          .create({ model: MODEL, messages })
          .withResponse();

        expect(data.choices[0]?.message.content).toBe(TEXT);
        expect(data.choices[0]?.finish_reason).toBe('stop');
        expect(data.usage).toEqual({
          ...{ prompt_tokens: 21, completion_tokens: 20, total_tokens: 41 },
          prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 5 },
        });
        const id = response.headers.get('x-tollbook-event-id') ?? '';
        expect(id).toMatch(EVENT_ID);
        expect(data.id).toBe(`chatcmpl-${id}`);
        const line = harness.lines().find((event) => event.id === id);
        expect(line).toMatchObject({
          ...{
            tenant: harness.tenant,
            api: 'openai.chat',
            model: MODEL,
            outcome: 'ok',
            stream: false,
          },
          ...USAGE,
        });
      });

      it('can send back the whole message it was answered with', async () => {
        const first = await openai.chat.completions.create({ model: MODEL, messages });
        const said = first.choices[0]?.message;
        if (!said) throw new Error('expected a message');

        const second = await openai.chat.completions.create({
          model: MODEL,
          messages: [...messages, said, ...messages],
        });

        expect(second.choices).toHaveLength(1);
      });

      it('streams, without usage unless asked', async () => {
        const stream = await openai.chat.completions.create({
          model: MODEL,
          messages,
          stream: true,
        });
        const chunks: OpenAI.ChatCompletionChunk[] = [];
        for await (const chunk of stream) chunks.push(chunk);

        expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(TEXT);
        expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
        expect(chunks.some(({ usage }) => usage)).toBe(false);
      });

      it('streams with usage in a chunk of its own', async () => {
        const stream = await openai.chat.completions.create({
          ...{ model: MODEL, messages, stream: true, stream_options: { include_usage: true } },
        });
        const chunks: OpenAI.ChatCompletionChunk[] = [];
        for await (const chunk of stream) chunks.push(chunk);

        expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 41 } });
      });

      it('helps itself to a whole answer from a stream', async () => {
        const runner = openai.chat.completions.stream({ model: MODEL, messages });

        const completion = await runner.finalChatCompletion();

        expect(completion.choices[0]?.message.content).toBe(TEXT);
      });

      it('lists models that are priced', async () => {
        const ids: string[] = [];
        for await (const { id, owned_by } of openai.models.list()) ids.push(`${owned_by} ${id}`);

        expect(ids).toContain(`amazon ${MODEL}`);
      });
    });

    describe('what the SDK throws', () => {
      it.each(['mk_local_nothing', 'x'.repeat(300), ' '])('for a bad key: %j', async (apiKey) => {
        const error = await failureOf(
          harness.sdk({ apiKey }).chat.completions.create({ model: MODEL, messages }),
        );

        expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
        expect(error.status).toBe(401);
        expect(error.code).toBe('invalid_api_key');
      });

      it.each(['no spaces please', '', '-x', 'ünï', 'x'.repeat(129), '../../etc'])(
        'for a model text that is none: %j',
        async (model) => {
          const calls = harness.models.counts().calls;

          const error = await failureOf(openai.chat.completions.create({ model, messages }));

          expect(error).toBeInstanceOf(OpenAI.BadRequestError);
          expect(error.param).toBe('model');
          expect(error.type).toBe('invalid_request_error');
          expect(harness.models.counts().calls).toBe(calls);
        },
      );

      it('for a field that would not be honoured', async () => {
        const error = await failureOf(
          openai.chat.completions.create({ model: MODEL, messages, metadata: { a: 'b' } }),
        );

        expect(error).toBeInstanceOf(OpenAI.BadRequestError);
        expect(error.param).toBe('metadata');
        expect(error.message).toContain('metadata: not supported');
      });

      it.each([
        ['throttled', OpenAI.RateLimitError, 429],
        ['client_error', OpenAI.BadRequestError, 400],
        ['upstream_error', OpenAI.InternalServerError, 502],
        ['timeout', OpenAI.InternalServerError, 504],
        ['cut', OpenAI.InternalServerError, 502],
        ['silent', OpenAI.InternalServerError, 502],
      ])('for a call that fails upstream: %s', async (failure, expected, status) => {
        const error = await failureOf(openai.chat.completions.create(prompted(failure)));

        expect(error).toBeInstanceOf(expected);
        expect(error.status).toBe(status);
        expect(error.requestID).toMatch(EVENT_ID);
      });

      it('for a stream that fails before its first word: a status, as without a stream', async () => {
        const error = await failureOf(
          openai.chat.completions.create({ ...prompted('throttled'), stream: true }),
        );

        expect(error).toBeInstanceOf(OpenAI.RateLimitError);
      });

      it.each(['cut', 'silent'])('for a stream that ends in the middle: %s', async (failure) => {
        const stream = await openai.chat.completions.create({ ...prompted(failure), stream: true });
        let text = '';
        const error = await failureOf(
          (async () => {
            for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
          })(),
        );

        expect(TEXT.startsWith(text)).toBe(true);
        expect(text).not.toBe('');
        expect(error.error).toMatchObject({ type: 'server_error' });
      });
    });

    describe('the edge', () => {
      it('answers a health check without a key', async () => {
        const reply = await send(harness, { method: 'GET', path: '/health' });

        expect(reply.status).toBe(200);
        expect(JSON.parse(reply.text)).toEqual({ status: 'ok' });
      });

      it('says what it serves, without a key', async () => {
        const reply = await send(harness, { method: 'GET', path: '/openapi.json' });

        expect(reply.status).toBe(200);
        expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
        expect(JSON.parse(reply.text)).toEqual(JSON.parse(JSON.stringify(gatewayDocument())));
      });

      it('sends the first word while the model still speaks', async () => {
        const startedMs = performance.now();
        const reply = await fetch(`${harness.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${harness.key}` },
          body: chatBody({ stream: true }),
        });
        const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
        const first = await reader.read();
        const firstMs = performance.now() - startedMs;
        while (!(await reader.read()).done);

        expect(new TextDecoder().decode(first.value)).toContain('"content":""');
        expect(firstMs).toBeLessThan(performance.now() - startedMs);
        expect(reply.headers.get('content-type')).toContain('text/event-stream');
      });

      it('ends a broken stream with an error in the place of [DONE]', async () => {
        const reply = await send(harness, {
          headers: [['authorization', `Bearer ${harness.key}`]],
          body: chatBody({ ...prompted('cut'), stream: true }),
        });
        const events = reply.text.trim().split('\n\n');

        expect(reply.text).not.toContain('[DONE]');
        expect(JSON.parse(events.at(-1)?.slice('data: '.length) ?? '')).toMatchObject({
          error: { type: 'server_error', param: null, code: null },
        });
      });

      it('says nothing was used by a call that failed before the model ran', () => {
        const throttled = harness.lines().filter(({ outcome }) => outcome === 'throttled');

        expect(throttled).toHaveLength(2);
        for (const event of throttled) expect(event).toMatchObject(NO_TOKENS);
      });
    });
  });
}
