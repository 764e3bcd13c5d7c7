import { describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '../../../domain/meters.ts';
import { sumUsd } from '../../../domain/money.ts';
import type { ModelCall } from '../../../domain/model-call.ts';
import { createAdministration } from '../../../handlers/admin/administration.ts';
import { DocumentError } from '../../../handlers/invoke/tenant-documents.ts';
import { usedBy } from '../../../handlers/invoke/used-by.ts';
import type { SimulatedAnswer } from '../../../runtime/local/simulated/simulated-bedrock.ts';
import { createSecretMac } from '../../../runtime/node/secret-mac.ts';
import { systemClock, systemRandom } from '../../../runtime/node/system.ts';
import { recordedIndex } from '../../pricing/price-rows.ts';
import { MODEL, answerOf, chatBody, send, startGateway } from './gateway-harness.ts';
import type { Harness } from './gateway-harness.ts';
import { stoppedAfterEach } from './stopped-gateways.ts';

const MICRO = 'amazon.nova-micro-v1:0';
const CLAUDE = 'anthropic.claude-opus-5-5';
const UNPRICED = 'amazon.nova-sonic-preview-v0:1';
const USED = { usage: { ...NO_TOKENS, input: 11, output: 20 } };

const start = stoppedAfterEach(startGateway);

/** A gateway whose first model is busy, and what was called. */
async function busyGateway(says: (call: ModelCall) => Partial<SimulatedAnswer> = () => ({})) {
  const called: string[] = [];
  const harness = await start({
    answer: (call) => {
      called.push(call.modelRequested);
      const busy = call.modelRequested.includes(MODEL);
      return answerOf({ ...USED, ...(busy && { failure: 'throttled' }), ...says(call) });
    },
  });
  return { harness, called, admin: adminOf(harness) };
}

function adminOf({ store }: Harness) {
  const ports = { store, records: store, limits: store, clock: systemClock, random: systemRandom };
  return createAdministration({ ...ports, secrets: createSecretMac(new Uint8Array(32)) }, 'test');
}

function call(harness: Harness, differs: Record<string, unknown> = {}) {
  const headers = [['authorization', `Bearer ${harness.key}`]] as const;
  return send(harness, { headers, body: chatBody(differs) });
}

const picture = {
  ...{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
};

describe('a call whose model is busy', () => {
  it('is answered by a fallback: two lines of one id, each charged for what it used', async () => {
    const { harness, admin } = await busyGateway();
    await admin.setBudget(harness.tenant, { period: 'day', limit: '1' });
    await admin.setPolicy(harness.tenant, { fallbacks: { [MODEL]: [MICRO] } });

    const { status, headers } = await call(harness);
    await harness.drain();

    const lines = harness.lines();
    expect(status).toBe(200);
    expect(lines).toMatchObject([
      { attempt: 1, outcome: 'throttled', model: MODEL, ...NO_TOKENS },
      { attempt: 2, outcome: 'ok', model: MICRO, ...USED.usage },
    ]);
    expect(new Set(lines.map(({ id }) => id))).toEqual(new Set([headers['x-tollbook-event-id']]));
    const costs = lines.map((line) => usedBy(line, recordedIndex).cost ?? -1n);
    expect(costs[0]).toBe(0n);
    expect(costs[1]).toBeGreaterThan(0n);
    const [standing] = await admin.standing(harness.tenant);
    expect(standing?.state).toMatchObject({ held: 0n, suspense: 0n, settled: sumUsd(costs) });
    for (const { id, attempt } of lines) {
      const reservation = await harness.store.findReservation(id, attempt);
      expect(reservation).toMatchObject({ state: 'SETTLED', tenant: harness.tenant });
    }
  });

  it('is given to no model that cannot take what it holds', async () => {
    const { harness, called, admin } = await busyGateway();
    await admin.setPolicy(harness.tenant, { fallbacks: { [MODEL]: [MICRO, CLAUDE] } });

    const content = [picture, { type: 'text', text: 'what is this?' }];
    await call(harness, { messages: [{ role: 'user', content }] });
    await call(harness, { messages: [{ role: 'user', content }], seed: 7 });
    await harness.drain();

    // Micro sees no pictures; a field of Nova's own says nothing to Claude.
    expect(called).toEqual([MODEL, CLAUDE, MODEL]);
  });

  it('in the format of its vendor stays with it, and vectors with their model', async () => {
    const reply = { type: 'body', contentType: 'application/json' } as const;
    const bytes = Buffer.from('{"embedding":[1]}');
    const { harness, called, admin } = await busyGateway((asked) =>
      asked.kind === 'invoke' ? { text: [{ ...reply, bytes }] } : {},
    );
    await admin.setPolicy(harness.tenant, { fallbacks: { [MODEL]: [CLAUDE, MICRO] } });

    const body = { messages: [{ role: 'user', content: [{ text: 'hello' }] }] };
    const { status } = await send(harness, {
      path: `/model/${MODEL}/invoke`,
      headers: [['authorization', `Bearer ${harness.key}`]],
      body: JSON.stringify(body),
    });

    expect([status, called]).toEqual([200, [MODEL, MICRO]]);
  });

  it('fails as its model did where no fallback may be called any more', async () => {
    const { harness, called, admin } = await busyGateway();
    const entry = { owner: 'ml', upstream: MICRO, status: 'approved' };
    await admin.setModel('house/micro', entry);
    await admin.setPolicy(harness.tenant, {
      fallbacks: { [MODEL]: ['house/micro', UNPRICED] },
    });
    await admin.setModel('house/micro', { status: 'retired' });
    await admin.setBudget(harness.tenant, { period: 'day', limit: '1' });

    const { status } = await call(harness);

    expect([status, called]).toEqual([429, [MODEL]]);
  });
});

describe('a policy', () => {
  it.each<[object, string]>([
    [{ fallbacks: { [MODEL]: [MODEL] } }, 'another model'],
    [{ fallbacks: { [MODEL]: ['amazon.titan-embed-text-v2:0'] } }, 'a model that answers in text'],
    [{ fallbacks: { 'amazon.titan-embed-text-v2:0': [MODEL] } }, 'a model that answers in text'],
    [{ fallbacks: { [MODEL]: ['amazon.nova-canvas-v1:0'] } }, 'a model that answers in text'],
    [{ fallbacks: { [`us.${MODEL}`]: [MICRO] } }, `got us.${MODEL}, expected ${MODEL}: it holds`],
    [{ fallbacks: { [MODEL]: [MICRO] }, models: [MODEL] }, 'expected one of models'],
    [
      {
        fallbacks: { [MODEL]: [MICRO] },
        end_of_life: { [MICRO]: '2026-01-01T00:00:00.000Z' },
      },
      'end_of_life has not come',
    ],
    [{ fallbacks: { [MODEL]: ['house/old'] } }, 'this one is retired'],
    [{ fallbacks: { [MODEL]: ['house/new'] } }, 'this one is preview'],
    [{ fallbacks: { [MODEL]: ['sagemaker/llama'] } }, 'the id that an admin registered it by'],
    [
      { fallbacks: { [MODEL]: ['house/llama'] }, guardrail: { id: 'g', version: '1' } },
      'the guardrail of this policy',
    ],
    [{ per_model: { [`us.${MODEL}`]: { requests_per_minute: 1 } } }, 'per_model: got us.'],
    [{ per_model: { 'house/llama': { requests_per_minute: 1 } } }, 'expected sagemaker/llama'],
    [
      {
        per_model: {
          'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc': {},
        },
      },
      'the model that it is a profile of',
    ],
  ])('part of which could not hold is refused: %j', async (policy, said) => {
    const harness = await start();
    const admin = adminOf(harness);
    await admin.setModel('house/old', { owner: 'ml', upstream: MICRO, status: 'retired' });
    await admin.setModel('house/new', { owner: 'ml', upstream: MICRO });
    await admin.setModel('house/llama', {
      ...{ kind: 'sagemaker', upstream: 'llama', owner: 'ml', status: 'approved' },
    });
    const set = admin.setPolicy(harness.tenant, policy);

    await expect(set).rejects.toBeInstanceOf(DocumentError);
    await expect(set).rejects.toThrow(said);
    expect((await admin.policy(harness.tenant)).fallbacks).toEqual({});
  });

  it('may fall back to another profile, a model of one own, and a model in preview that it names', async () => {
    const harness = await start();
    const admin = adminOf(harness);
    await admin.setModel('house/new', { owner: 'ml', upstream: MICRO });
    const models = [MODEL, CLAUDE, 'house/new'];
    const fallbacks = { [MODEL]: [`us.${MODEL}`, CLAUDE, 'house/new'] };

    await admin.setPolicy(harness.tenant, { models, fallbacks });

    expect((await admin.policy(harness.tenant)).fallbacks).toEqual(fallbacks);
    await expect(admin.setPolicy(harness.tenant, { models: [MODEL] })).rejects.toThrow(CLAUDE);
  });
});
