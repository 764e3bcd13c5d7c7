import { describe, expect, it } from '@jest/globals';
import { mintEventId } from '../../../domain/event-id.ts';
import { NO_TOKENS } from '../../../domain/meters.ts';
import type { ModelCall } from '../../../domain/model-call.ts';
import type { ApiRequest, ApiResponse } from '../../../handlers/edge/api-exchange.ts';
import { CallFailed } from '../../../handlers/invoke/call-errors.ts';
import type { Emit } from '../../../handlers/invoke/invoke-model.ts';
import { createOpenAiChat } from '../../../handlers/dialects/openai-chat.ts';

const id = mintEventId(1_770_000_000_000, new Uint8Array(10));
const principal = { tenant: 't_x', costCenter: null, project: null, keyId: 'k', teams: [] };
const messages = [{ role: 'user', content: 'hello' }];

/** A request with this body, of nobody in particular. */
function requestOf(body: unknown): ApiRequest {
  return { principal, body, params: {}, query: '', headers: [], bytes: new Uint8Array() };
}

/** Writes down what an answer does, in order. */
function recordedResponse() {
  const acts: string[] = [];
  const response: ApiResponse = {
    hasStarted: () => false,
    identify: (given) => acts.push(`identify ${given}`),
    json: (status) => acts.push(`json ${status}`),
    bytes: (status) => acts.push(`bytes ${status}`),
    stream: (_type, pieces) => acts.push(`events ${pieces.length}`),
    end: () => acts.push('end'),
  };
  return { acts, response };
}

/** A call that says two words; the test sees what happens before its usage line is durable. */
function scripted(acts: string[], failure?: Error) {
  const calls: ModelCall[] = [];
  const invokeModel = async (_principal: unknown, call: ModelCall, emit: Emit) => {
    calls.push(call);
    emit({ type: 'admitted', id, headers: {} });
    emit({ type: 'text', text: 'a' });
    emit({ type: 'text', text: 'b' });
    await Promise.resolve();
    acts.push('line durable');
    if (failure) throw failure;
    const served = { tier: 'standard', latencyClass: 'standard', upstreamId: 'u' } as const;
    emit({ type: 'end', stopReason: 'end_turn', usage: NO_TOKENS, ...served });
    return { id, usage: NO_TOKENS, settled: Promise.resolve() };
  };
  return { calls, handle: createOpenAiChat({ invokeModel }) };
}

async function actsOf(stream: boolean, failure?: Error): Promise<readonly string[]> {
  const { acts, response } = recordedResponse();
  const { handle } = scripted(acts, failure);
  const body = { model: 'm', messages, stream };
  await handle(requestOf(body), response).catch((error: unknown) => {
    if (error !== failure) throw error;
  });
  return acts;
}

describe('a chat completion', () => {
  it('answers whole only after its line is durable', async () => {
    expect(await actsOf(false)).toEqual([`identify ${id}`, 'line durable', 'json 200']);
  });

  it('streams words as they come, and its last events after its line is durable', async () => {
    expect(await actsOf(true)).toEqual([
      ...[`identify ${id}`, 'events 2', 'events 1', 'line durable', 'events 2', 'end'],
    ]);
  });

  it('leaves the answer to a failed call to its caller', async () => {
    const failure = new CallFailed(502, 'cut');

    expect(await actsOf(false, failure)).toEqual([`identify ${id}`, 'line durable']);
    expect((await actsOf(true, failure)).at(-1)).toBe('line durable');
  });

  it('reaches no model with a body that is refused', async () => {
    const { acts, response } = recordedResponse();
    const { calls, handle } = scripted(acts);

    await expect(handle(requestOf({ model: 'm' }), response)).rejects.toThrow('messages');
    expect(calls).toEqual([]);
    expect(acts).toEqual([]);
  });
});
