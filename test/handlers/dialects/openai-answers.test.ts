import { describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { mintEventId } from '../../../domain/event-id.ts';
import { NO_TOKENS } from '../../../domain/meters.ts';
import type { ModelCall, ModelEvent } from '../../../domain/model-call.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '../../../handlers/edge/api-exchange.ts';
import { CallFailed } from '../../../handlers/invoke/call-errors.ts';
import type { Emit, createInvokeModel } from '../../../handlers/invoke/invoke-model.ts';
import { createOpenAiEmbeddings } from '../../../handlers/dialects/openai-embeddings.ts';
import { createOpenAiResponses } from '../../../handlers/dialects/openai-responses.ts';

const id = mintEventId(1_770_000_000_000, new Uint8Array(10));
const principal = { tenant: 't_x', costCenter: null, project: null, keyId: 'k' };
const served = { tier: 'standard', latencyClass: 'standard', upstreamId: 'u' } as const;
const END: ModelEvent = { type: 'end', stopReason: 'end_turn', usage: NO_TOKENS, ...served };

type InvokeModel = ReturnType<typeof createInvokeModel>;

/** Does a call whose model says this, and writes down what becomes of the answer, in order. */
async function actsOf(
  create: (ports: { readonly invokeModel: InvokeModel }) => ApiHandler,
  body: unknown,
  said: readonly ModelEvent[],
) {
  const acts: string[] = [];
  const response: ApiResponse = {
    hasStarted: () => false,
    identify: (given, headers = {}) =>
      acts.push(`identify ${given} ${Object.keys(headers).join()}`),
    json: (status) => acts.push(`json ${status}`),
    bytes: (status) => acts.push(`bytes ${status}`),
    stream: (_type, pieces) => acts.push(`events ${pieces.length}`),
    end: () => acts.push('end'),
  };
  const invokeModel = async (_principal: unknown, _call: ModelCall, emit: Emit) => {
    emit({ type: 'admitted', id, headers: { 'x-left': '1' } });
    for (const event of said) emit(event);
    await Promise.resolve();
    acts.push('line durable');
    emit(END);
    const settled = wait(5).then(() => {
      acts.push('settled');
    });
    return { id, usage: NO_TOKENS, settled };
  };
  const request = { principal, body, params: {}, query: '', headers: [], bytes: new Uint8Array() };
  const handled = create({ invokeModel })(request as unknown as ApiRequest, response);
  const error: unknown = await handled.then(
    ({ settled }) => settled,
    (reason: unknown) => reason,
  );
  return { acts, error };
}

describe('a response', () => {
  const body = { model: 'm.m', input: 'hello' };
  const said: readonly ModelEvent[] = [
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b' },
    { type: 'block_end' },
  ];

  it('answers whole only after its line is durable', async () => {
    const { acts } = await actsOf(createOpenAiResponses, body, said);

    expect(acts).toEqual([`identify ${id} x-left`, 'line durable', 'json 200', 'settled']);
  });

  it('streams words as they come, and its last events after its line is durable', async () => {
    const { acts } = await actsOf(createOpenAiResponses, { ...body, stream: true }, said);

    expect(acts).toEqual([
      ...[`identify ${id} x-left`, 'events 5', 'events 1', 'line durable'],
      ...['events 4', 'end', 'settled'],
    ]);
  });
});

describe('embeddings', () => {
  const body = { model: 'amazon.titan-embed-text-v1', input: ['a', 'b'] };
  const reply = (value: unknown): ModelEvent => ({
    ...{ type: 'body', contentType: 'application/json' },
    bytes: new TextEncoder().encode(JSON.stringify(value)),
  });

  it('are answered only after the line is durable', async () => {
    const replies = [reply({ embedding: [1] }), reply({ embedding: [2] })];
    const { acts } = await actsOf(createOpenAiEmbeddings, body, replies);

    expect(acts).toEqual([`identify ${id} x-left`, 'line durable', 'json 200', 'settled']);
  });

  it.each([
    ['one too few', [reply({ embedding: [1] })]],
    ['what is none', [reply({ embedding: [1] }), reply({ secret: 1 })]],
  ])('that are %s are a failure upstream, metered and settled', async (_, replies) => {
    const { acts, error } = await actsOf(createOpenAiEmbeddings, body, replies);

    expect(acts).toEqual([`identify ${id} x-left`, 'line durable', 'settled']);
    expect(error).toBeInstanceOf(CallFailed);
    expect((error as CallFailed).status).toBe(502);
    expect(String(error)).not.toContain('secret');
  });
});
