import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { NO_TOKENS } from '../../../domain/meters.ts';
import { ModelError } from '../../../domain/model-call.ts';
import type { InvokeCall, ModelEvent } from '../../../domain/model-call.ts';
import { BODIES_AT_ONCE, answersToBodies } from '../../../runtime/node/bedrock-bodies.ts';
import type { InvokeAnswer } from '../../../runtime/node/bedrock-invoked.ts';

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function callOf(count: number): InvokeCall {
  const bodies = Array.from({ length: count }, (_, index) => encode(index));
  return {
    ...{ kind: 'invoke', api: 'openai.embeddings', modelRequested: 'm', maxTokens: null, bodies },
    ...{ stream: false, contentType: 'application/json', accept: 'application/json' },
    ...{ other: {}, headers: {} },
  };
}

const indexOf = (body: Uint8Array) => Number(new TextDecoder().decode(body));
/** Every body uses other tokens, so that no sum is right by accident. */
const tokensOf = (index: number) => index * index + 1;

function answerTo(index: number, units?: number): InvokeAnswer {
  const usage = { contentPolicyUnits: units };
  const trace = { guardrail: { input: { g: { invocationMetrics: { usage } } } } };
  return {
    bytes: encode({ index, ...(units !== undefined && { 'amazon-bedrock-trace': trace }) }),
    ...{ contentType: 'application/json', upstreamId: `r${index}` },
    headers: {
      'x-amzn-bedrock-input-token-count': String(tokensOf(index)),
      'x-amzn-bedrock-output-token-count': '0',
    },
  };
}

async function read(events: AsyncIterable<ModelEvent>) {
  const seen: ModelEvent[] = [];
  try {
    for await (const event of events) seen.push(event);
    return { seen, error: null };
  } catch (error) {
    return { seen, error: error as ModelError };
  }
}

const bodiesIn = (events: readonly ModelEvent[]) =>
  events.flatMap((event) =>
    event.type === 'body'
      ? [(JSON.parse(new TextDecoder().decode(event.bytes)) as { index: number }).index]
      : [],
  );
const total = (indices: readonly number[]) =>
  indices.reduce((sum, index) => sum + tokensOf(index), 0);

describe('the bodies of one call', () => {
  it('are answered in order, so many at once, whatever comes first', async () => {
    const count = 5 * BODIES_AT_ONCE + 3;
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(6)), async (waits) => {
        let [running, most] = [0, 0];
        const { seen } = await read(
          answersToBodies(callOf(count), async (body) => {
            running += 1;
            most = Math.max(most, running);
            for (let left = Number(waits.next().value); left >= 0; left -= 1) await turn();
            running -= 1;
            return answerTo(indexOf(body));
          }),
        );

        const all = Array.from({ length: count }, (_, index) => index);
        expect(bodiesIn(seen)).toEqual(all);
        expect(most).toBe(BODIES_AT_ONCE);
        expect(seen.at(-1)).toMatchObject({
          ...{ type: 'end', usage: { ...NO_TOKENS, input: total(all) } },
        });
      }),
      { numRuns: 20 },
    );
  });

  it('fail together where one fails: no other is begun, and what all used is told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(60), fc.infiniteStream(fc.nat(4)), async (bad, waits) => {
        const begun: number[] = [];
        let failedAt = Infinity;
        const { seen, error } = await read(
          answersToBodies(callOf(61), async (body) => {
            const index = indexOf(body);
            expect(begun.length).toBeLessThan(failedAt);
            begun.push(index);
            for (let left = Number(waits.next().value); left >= 0; left -= 1) await turn();
            if (index !== bad) return answerTo(index, 2);
            failedAt = begun.length;
            throw new ModelError('throttled', 'busy', { upstreamId: 'r' });
          }),
        );

        const answered = begun.filter((index) => index !== bad);
        expect(bodiesIn(seen)).toEqual(Array.from({ length: bad }, (_, index) => index));
        expect(seen.some(({ type }) => type === 'end')).toBe(false);
        expect(error).toMatchObject({ failure: 'throttled', message: 'busy', upstreamId: 'r' });
        expect(error?.usage).toEqual(
          answered.length === 0 ? null : { ...NO_TOKENS, input: total(answered) },
        );
        expect(error?.other).toEqual(
          answered.length === 0 ? null : { guardrail_content_unit: 2 * answered.length },
        );
      }),
      { numRuns: 50 },
    );
  });

  it.each(['cut', 'timeout'] as const)(
    'of which one ends in %s have used nobody knows what, whatever the others say',
    async (failure) => {
      const { error } = await read(
        answersToBodies(callOf(4), async (body) => {
          const index = indexOf(body);
          await turn();
          if (index === 1) throw new ModelError('throttled', 'busy');
          if (index === 3) throw new ModelError(failure, 'gone');
          return answerTo(index);
        }),
      );

      expect(error).toMatchObject({ failure, usage: null, other: null });
    },
  );

  it('one of which is answered without an account have used nobody knows what', async () => {
    const silent = async (body: Uint8Array, alsoFails: boolean) => {
      await turn();
      if (alsoFails && indexOf(body) === 2) throw new ModelError('client_error', 'no');
      const answer = answerTo(indexOf(body));
      return indexOf(body) === 1 ? { ...answer, headers: {} } : answer;
    };

    const whole = await read(answersToBodies(callOf(40), (body) => silent(body, false)));
    expect(whole.seen.at(-1)).toMatchObject({ type: 'end', usage: null });
    expect(bodiesIn(whole.seen).length).toBeLessThan(40);
    const failed = await read(answersToBodies(callOf(3), (body) => silent(body, true)));
    expect(failed.error).toMatchObject({ failure: 'cut', usage: null });
  });

  it('throw an error of ours as it is', async () => {
    const ours = new TypeError('ours');
    const { error } = await read(answersToBodies(callOf(3), () => Promise.reject(ours)));

    expect(error).toBe(ours);
  });

  it('that nobody reads to the end leave no rejection behind', async () => {
    const rejections: unknown[] = [];
    const listen = (reason: unknown) => rejections.push(reason);
    process.on('unhandledRejection', listen);
    const events = answersToBodies(callOf(20), async (body) => {
      await turn();
      if (indexOf(body) > 0) throw new ModelError('throttled', 'busy');
      return answerTo(0);
    });
    for await (const event of events) if (event.type === 'body') break;
    for (let left = 5; left > 0; left -= 1) await turn();
    process.off('unhandledRejection', listen);

    expect(rejections).toEqual([]);
  });
});
