import { afterEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '../../../domain/meters.ts';
import { formatUsd, parseUsd, sumUsd } from '../../../domain/money.ts';
import { createAdministration } from '../../../handlers/admin/administration.ts';
import { usedBy } from '../../../handlers/invoke/used-by.ts';
import { createSecretMac } from '../../../runtime/node/secret-mac.ts';
import { systemClock, systemRandom } from '../../../runtime/node/system.ts';
import { recordedIndex } from '../../pricing/price-rows.ts';
import { MODEL, answerOf, chatBody, send, startGateway } from './gateway-harness.ts';
import type { Harness } from './gateway-harness.ts';

const OTHER_MODEL = 'amazon.nova-micro-v1:0';
/** What the recorded book has a price for, whole. */
const PRICED = { usage: { ...NO_TOKENS, input: 11, cache_read: 5, output: 20 } };
const UNPRICED = 'amazon.nova-sonic-preview-v0:1';
let harness: Harness;
afterEach(() => harness.stop());

/** Rules are as the admins' own operations write them. */
function admin() {
  const { store } = harness;
  const ports = { store, records: store, limits: store, clock: systemClock, random: systemRandom };
  return createAdministration({ ...ports, secrets: createSecretMac(new Uint8Array(32)) }, 'test');
}

const call = (differs: Record<string, unknown> = {}, key = harness.key) =>
  send(harness, { headers: [['authorization', `Bearer ${key}`]], body: chatBody(differs) });
const codeOf = ({ text }: { readonly text: string }) =>
  (JSON.parse(text) as { error: { code: string | null } }).error.code;

describe('a policy', () => {
  it('lets a tenant call what it lists, and nothing else, whatever others may', async () => {
    harness = await startGateway();
    await admin().setPolicy(harness.tenant, { models: [OTHER_MODEL] });

    const refused = await call();
    expect(refused.status).toBe(403);
    expect(codeOf(refused)).toBe('model_not_allowed');
    expect((await call({ model: OTHER_MODEL })).status).toBe(200);
    expect((await call({}, harness.otherKey)).status).toBe(200);
    expect(harness.models.counts().calls).toBe(2);
  });

  it('allows a model by its foundation id under every profile of it', async () => {
    harness = await startGateway();
    await admin().setPolicy(harness.tenant, { models: [MODEL] });

    expect((await call({ model: `us.${MODEL}` })).status).toBe(200);
    expect((await call({ model: `us.${OTHER_MODEL}` })).status).toBe(403);
  });

  it('ends the life of a model at its instant', async () => {
    harness = await startGateway();
    await admin().setPolicy(harness.tenant, {
      end_of_life: {
        [MODEL]: '2026-01-01T00:00:00.000Z',
        [OTHER_MODEL]: '2286-01-01T00:00:00.000Z',
      },
    });

    expect(codeOf(await call())).toBe('model_end_of_life');
    expect((await call({ model: OTHER_MODEL })).status).toBe(200);
  });

  it('caps what a call may generate, also where the call does not say', async () => {
    const caps: (number | null)[] = [];
    harness = await startGateway({
      answer: ({ maxTokens }) => {
        caps.push(maxTokens);
        return answerOf();
      },
    });
    await call();
    await admin().setPolicy(harness.tenant, { output_tokens_max: 100 });
    await new Promise((resolve) => setTimeout(resolve, 5_100));
    await call({ max_tokens: 7 });
    await call({ max_tokens: 5000 });
    await call();

    expect(caps).toEqual([4096, 7, 100, 100]);
  }, 15_000);

  it('limits requests of a minute, says so with 429, and holds nothing for the refused', async () => {
    harness = await startGateway();
    await admin().setPolicy(harness.tenant, {
      limits: { requests_per_minute: 3, concurrent: null },
    });

    const replies = await Promise.all(Array.from({ length: 8 }, () => call()));

    const refused = replies.filter(({ status }) => status === 429);
    // The minute may turn while they run: then as many more fit.
    expect(refused.length).toBeGreaterThanOrEqual(2);
    expect(codeOf(refused[0] ?? { text: '' })).toBe('rate_limit_exceeded');
    expect(harness.models.counts().calls).toBe(8 - refused.length);
  });

  it('limits calls at once and gives their places back', async () => {
    harness = await startGateway();
    await admin().setPolicy(harness.tenant, { limits: { concurrent: 2 } });

    const replies = await Promise.all(Array.from({ length: 6 }, () => call()));

    expect(replies.filter(({ status }) => status === 200)).toHaveLength(2);
    expect((await call()).status).toBe(200);
  });

  it('tries again, then another model, each try a line of its own under one id', async () => {
    const called: string[] = [];
    harness = await startGateway({
      answer: ({ modelRequested }) => {
        called.push(modelRequested);
        return answerOf(modelRequested === MODEL ? { failure: 'throttled' } : {});
      },
    });
    await admin().setPolicy(harness.tenant, { attempts: 2, fallbacks: { [MODEL]: [OTHER_MODEL] } });

    const { status, headers } = await call({ stream: true });
    await harness.drain();

    expect(status).toBe(200);
    expect(called).toEqual([MODEL, MODEL, OTHER_MODEL]);
    const lines = harness.lines();
    expect(lines.map(({ attempt, outcome, model }) => [attempt, outcome, model])).toEqual([
      [1, 'throttled', MODEL],
      [2, 'throttled', MODEL],
      [3, 'ok', OTHER_MODEL],
    ]);
    expect(new Set(lines.map(({ id }) => id))).toEqual(new Set([headers['x-tollbook-event-id']]));
  });

  it('does not try again once a word is out', async () => {
    harness = await startGateway({ answer: () => answerOf({ failure: 'cut' }) });
    await admin().setPolicy(harness.tenant, { attempts: 3 });

    await call({ stream: true });
    await harness.drain();

    expect(harness.lines()).toHaveLength(1);
  });
});

describe('a strict budget', () => {
  const LIMIT = parseUsd('0.01');
  const budget = { period: 'day', limit: '0.01' };

  it('is never overspent by calls at once, and is settled at what they cost', async () => {
    harness = await startGateway({ answer: () => answerOf(PRICED) });
    await admin().setBudget(harness.tenant, budget);

    const replies = await Promise.all(
      Array.from({ length: 200 }, () => call({ max_tokens: 4000 })),
    );
    const during = replies.filter(({ status }) => status === 429);
    await harness.drain();

    const [standing] = await admin().standing(harness.tenant);
    const costs = harness.lines().map((line) => usedBy(line, recordedIndex).cost ?? 0n);
    expect(during.length).toBeGreaterThan(0);
    expect(codeOf(during[0] ?? { text: '' })).toBe('insufficient_quota');
    expect(standing?.state.held).toBe(0n);
    expect(standing?.state.settled).toBe(sumUsd(costs));
    expect(standing?.state.settled).toBeLessThanOrEqual(LIMIT);
    expect(harness.models.counts().calls).toBe(200 - during.length);
    expect(harness.errors).toEqual([]);
  }, 20_000);

  it('says in headers what is spent, held and left', async () => {
    harness = await startGateway();
    await admin().setBudget(harness.tenant, { ...budget, zone: 'Europe/Berlin' });

    const { headers } = await call({ max_tokens: 10 });
    const [held, left] = [
      parseUsd(String(headers['x-tollbook-budget-held-usd'])),
      parseUsd(String(headers['x-tollbook-budget-left-usd'])),
    ];

    expect(headers['x-tollbook-budget-period']).toBe('day');
    expect(headers['x-tollbook-budget-limit-usd']).toBe('0.01');
    expect(headers['x-tollbook-budget-spent-usd']).toBe('0');
    expect(held).toBeGreaterThan(0n);
    expect(formatUsd(held + left)).toBe('0.01');
    expect(headers['x-tollbook-budget-resets']).toMatch(/T2[23]:00:00\.000Z$/);
  });

  it('cannot hold a model without a price, and so refuses it', async () => {
    harness = await startGateway();
    await admin().setBudget(harness.tenant, budget);

    const refused = await call({ model: UNPRICED });
    expect(refused.status).toBe(403);
    expect(codeOf(refused)).toBe('model_unpriced');
    expect((await call({ model: UNPRICED }, harness.otherKey)).status).toBe(200);
  });

  it('keeps a call of unknown outcome charged', async () => {
    harness = await startGateway({ answer: () => answerOf({ silent: true }) });
    await admin().setBudget(harness.tenant, budget);

    await call({ max_tokens: 10 });
    await harness.drain();
    const [before] = await admin().standing(harness.tenant);
    await harness.store.sweep(Number.MAX_SAFE_INTEGER);
    const [after] = await admin().standing(harness.tenant);

    expect(before?.state.held).toBeGreaterThan(0n);
    expect(after?.state).toMatchObject({ held: 0n, suspense: before?.state.held, settled: 0n });
  });
});

describe('a soft budget', () => {
  it('refuses nothing and warns once at each of 50, 80 and 100 percent', async () => {
    harness = await startGateway({ answer: () => answerOf(PRICED) });
    await admin().setBudget(harness.tenant, {
      ...{ period: 'month', limit: '0.00002', mode: 'soft' },
    });

    for (let n = 0; n < 6; n += 1) expect((await call()).status).toBe(200);
    await harness.drain();

    expect(harness.notices).toEqual(
      [50, 80, 100].map((percent) =>
        expect.stringContaining(`has spent ${percent} % of its budget`),
      ),
    );
  });
});

describe('a registered model', () => {
  const alias = { owner: 'search', upstream: MODEL, priced_as: MODEL, lineage: OTHER_MODEL };

  it('is called and priced as its entry says, under the name that callers know', async () => {
    const called: string[] = [];
    harness = await startGateway({
      answer: ({ modelRequested }) => {
        called.push(modelRequested);
        return answerOf(PRICED);
      },
    });
    await admin().setModel('house/summary-v2', { ...alias, status: 'approved' });

    expect((await call({ model: 'house/summary-v2' })).status).toBe(200);
    await harness.drain();

    expect(called).toEqual([MODEL]);
    expect(harness.lines()).toEqual([
      expect.objectContaining({ model_requested: 'house/summary-v2', model: MODEL }),
    ]);
  });

  it('in preview is for tenants whose policy names it, and retired for nobody', async () => {
    harness = await startGateway();
    await admin().setModel('house/a', alias);
    await admin().setModel('house/b', { ...alias, status: 'retired' });

    expect(codeOf(await call({ model: 'house/a' }))).toBe('model_preview');
    expect(codeOf(await call({ model: 'house/b' }))).toBe('model_retired');
    await admin().setPolicy(harness.other, { models: ['house/a', 'house/b'] });
    expect((await call({ model: 'house/a' }, harness.otherKey)).status).toBe(200);
    expect((await call({ model: 'house/b' }, harness.otherKey)).status).toBe(403);
  });

  it('is refused where its entry makes no sense', async () => {
    harness = await startGateway();

    await expect(admin().setModel('a b', alias)).rejects.toThrow('expected an id');
    await expect(admin().setModel('a', {})).rejects.toThrow('owner');
    await expect(admin().setModel('a', { ...alias, status: 'best' })).rejects.toThrow('status');
    expect(await admin().models()).toEqual([]);
  });
});

describe('a key that may act for other teams', () => {
  it('bills the team that the header names, and no team it was not given', async () => {
    harness = await startGateway();
    const { store, other, tenant } = harness;
    const [mine] = await store.keysOf(tenant);
    if (!mine) throw new Error('test: no key');
    const entry = { atMs: 0, actor: 'test', action: 'key.change', subject: tenant, json: '{}' };
    const as = (team: string) =>
      send(harness, {
        headers: [
          ['authorization', `Bearer ${harness.key}`],
          ['team_id', team],
        ],
        body: chatBody(),
      });

    expect((await as(other)).status).toBe(403);
    await store.putKey({ ...mine, teams: [other] }, entry);
    expect((await as(other)).status).toBe(200);
    expect((await as(tenant)).status).toBe(200);
    expect((await as('t_nobody')).status).toBe(403);
    await harness.drain();
    expect(harness.lines().map((line) => [line.tenant, line.key])).toEqual([
      [other, mine.keyId],
      [tenant, mine.keyId],
    ]);
  });
});
