import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { createAdministration } from '../../handlers/admin/administration.ts';
import { createSecretMac } from '../../runtime/node/secret-mac.ts';
import { systemClock, systemRandom } from '../../runtime/node/system.ts';
import { MODEL, startGateway } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';
import { EMBEDDINGS, understandingAnswer } from './openai-answers.ts';

const messages = [{ role: 'user' as const, content: 'hello' }];
let harness: Harness;
let requests = 0;

beforeAll(async () => {
  harness = await startGateway({ answer: understandingAnswer });
  const budget = { period: 'month', limit: '0.000001', mode: 'strict' };
  await admin().setBudget(harness.tenant, budget);
  await admin().setPolicy(harness.tenant, { models: [MODEL, EMBEDDINGS] });
});

afterAll(() => harness.stop());

/** The SDK as it comes: it tries again what may succeed later. */
function patient(): OpenAI {
  requests = 0;
  const counted: typeof fetch = (...given) => {
    requests += 1;
    return fetch(...given);
  };
  return harness.sdk({ maxRetries: 1, fetch: counted });
}

function admin() {
  const { store } = harness;
  const ports = { store, records: store, limits: store, clock: systemClock, random: systemRandom };
  return createAdministration({ ...ports, secrets: createSecretMac(new Uint8Array(32)) }, 'test');
}

describe('a client of OpenAI whose tenant has limits', () => {
  it('sees the models it may call, and no other', async () => {
    const ids = (await harness.sdk().models.list()).data.map(({ id }) => id);

    // A policy names a model, and with it every profile of it.
    expect(new Set(ids.map((id) => id.replace('global.', '')))).toEqual(
      new Set([MODEL, EMBEDDINGS]),
    );
    const other = harness.sdk().models.retrieve('amazon.nova-micro-v1:0');
    await expect(other).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it('does not try again what its budget has no room for', async () => {
    const calls = harness.models.counts().calls;
    const sdk = patient();
    for (const call of [
      () => sdk.chat.completions.create({ model: MODEL, messages }),
      () => sdk.chat.completions.create({ model: MODEL, messages, stream: true }),
      () => sdk.responses.create({ model: MODEL, input: 'hello' }),
      () => sdk.embeddings.create({ model: EMBEDDINGS, input: 'hello '.repeat(20) }),
    ]) {
      requests = 0;
      await expect(call()).rejects.toMatchObject({
        ...{ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' },
      });
      expect(requests).toBe(1);
    }

    expect(harness.models.counts().calls).toBe(calls);
    expect(harness.lines()).toEqual([]);
  });

  it('tries again what a rate keeps from it for a while', async () => {
    const { other, otherKey } = harness;
    const limits = { requests_per_minute: 1, tokens_per_minute: null, concurrent: null };
    await admin().setPolicy(other, { limits });
    const sdk = patient().withOptions({ apiKey: otherKey });
    await sdk.responses.create({ model: MODEL, input: 'hello' });
    requests = 0;

    await expect(sdk.responses.create({ model: MODEL, input: 'hello' })).rejects.toMatchObject({
      ...{ status: 429, code: 'rate_limit_exceeded' },
    });
    expect(requests).toBe(2);
  });
});
