import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSeededRandom } from '../../runtime/local/simulation/random.ts';
import { parseUsd } from '../../domain/money.ts';
import { tollbook, jsonOf } from '../cli/tollbook.ts';
import { accountOf, tokensOf, without } from './account.ts';
import { startClients } from './clients.ts';
import { startBedrock, startGateway } from './processes.ts';
import type { Serving } from './processes.ts';

/** Six programs are started, on a machine that may be busy. */
const PATIENCE_MS = 180_000;

describe('gateway processes', () => {
  let data: string;
  let bedrock: Serving<{ readonly endpoint: string }>;
  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'tollbook-processes-'));
    bedrock = await startBedrock(30);
  });
  afterEach(async () => {
    await bedrock.end('SIGTERM');
    rmSync(data, { recursive: true, force: true });
  });

  it('told to end under load, answers, meters and settles all that runs', async () => {
    const gateway = await startGateway(data, bedrock.told.endpoint);
    const stop = startClients(gateway.told, 12, createSeededRandom('drain', 'drain'));
    await new Promise((resolve) => setTimeout(resolve, 1_500));

    const code = await gateway.end('SIGTERM');
    const answered = await stop();
    const account = await accountOf(data, bedrock.told.endpoint);

    expect([code, account.spoilt, account.torn, account.suspended]).toEqual([0, [], [], []]);
    expect(account.metered.toSorted()).toEqual(account.seen.toSorted());
    expect(account.settled.toSorted()).toEqual(account.seen.toSorted());
    expect(tokensOf(account.lines)).toEqual(account.counters.tokens);
    expect(account.lines.filter(({ outcome }) => outcome === 'ok')).toHaveLength(answered);
    expect(answered).toBeGreaterThan(0);
  });

  it(
    'two on one store, let 1,000 calls at once overspend a strict budget by nothing',
    async () => {
      const limit = '0.02';
      const tenant = jsonOf(
        await tollbook('tenants', 'create', 'spender', '--data', data, '--json'),
      );
      const { tenant: id } = tenant as { readonly tenant: string };
      const made = jsonOf(
        await tollbook('keys', 'create', '--tenant', id, '--data', data, '--json'),
      );
      const { key } = made as { readonly key: string };
      const strict = ['--period', 'month', '--limit', limit, '--mode', 'strict'];
      await tollbook('budgets', 'set', '--tenant', id, ...strict, '--data', data);
      const { endpoint } = bedrock.told;
      const [first, second] = await Promise.all([1, 2].map(() => startGateway(data, endpoint)));
      if (!first || !second) throw new Error('expected two gateways');

      const statuses = await Promise.all(
        Array.from({ length: 1_000 }, async (_, index) => {
          const { address } = (index % 2 === 0 ? first : second).told;
          const response = await fetch(`${address}/v1/chat/completions`, {
            method: 'POST',
            headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
            body: JSON.stringify({
              ...{ model: 'amazon.nova-2-lite-v1:0', max_tokens: 60 },
              messages: [{ role: 'user', content: 'Spend!' }],
            }),
          });
          await response.arrayBuffer();
          return response.status;
        }),
      );
      expect([await first.end('SIGTERM'), await second.end('SIGTERM')]).toEqual([0, 0]);
      const shown = jsonOf(
        await tollbook('budgets', 'show', '--tenant', id, '--data', data, '--json'),
      );
      const account = await accountOf(data, bedrock.told.endpoint);

      const ok = statuses.filter((status) => status === 200).length;
      // 408: on a machine that is too busy, a request may not come in within its time.
      expect(statuses.filter((status) => ![200, 408, 429].includes(status))).toEqual([]);
      expect([ok > 0, ok < 1_000]).toEqual([true, true]);
      expect([account.lines.length, account.counters.calls]).toEqual([ok, ok]);
      expect(without(account.seen, account.settled)).toEqual([]);
      const [budget] = (shown as { readonly budgets: readonly Record<string, string>[] }).budgets;
      expect(parseUsd(budget?.['settled'] ?? 'none')).toBeLessThanOrEqual(parseUsd(limit));
    },
    PATIENCE_MS,
  );
});
