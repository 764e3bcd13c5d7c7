import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardrailBound } from '../../../domain/guardrail-units.ts';
import type { ConverseCall, InvokeCall, ModelCall } from '../../../domain/model-call.ts';
import { formatUsd, parseUsd, sumUsd } from '../../../domain/money.ts';
import { sumOther } from '../../../domain/other-meters.ts';
import { inputTokenBound } from '../../../domain/token-bounds.ts';
import { parseUsageLine } from '../../../domain/usage-line.ts';
import type { UsageEvent } from '../../../domain/usage-event.ts';
import { createAdministration } from '../../../handlers/admin/administration.ts';
import { createInvokeModel } from '../../../handlers/invoke/invoke-model.ts';
import { createModelRegistry } from '../../../handlers/invoke/model-documents.ts';
import { createTenantRules } from '../../../handlers/invoke/tenant-rules.ts';
import { usedBy } from '../../../handlers/invoke/used-by.ts';
import { createSimulatedBedrock } from '../../../runtime/local/simulated/simulated-bedrock.ts';
import { createSqliteStore } from '../../../runtime/local/sqlite/sqlite-store.ts';
import type { SqliteStore } from '../../../runtime/local/sqlite/sqlite-store.ts';
import { createSecretMac } from '../../../runtime/node/secret-mac.ts';
import { systemClock, systemRandom } from '../../../runtime/node/system.ts';
import { testMac } from '../../domain/usage-events.ts';
import { recordedIndex } from '../../pricing/price-rows.ts';

const LITE = 'amazon.nova-lite-v1:0';
const MICRO = 'amazon.nova-micro-v1:0';
const RERANK = 'cohere.rerank-v3-5:0';
const LIMIT = parseUsd('0.02');

let folder: string;
let store: SqliteStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollbook-strict-'));
  store = createSqliteStore({ file: join(folder, 'store.sqlite'), durability: 'system' });
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a model makes of a call: shares of what it may use, in thousandths, and how it ends. */
interface Fate {
  readonly input: number;
  readonly output: number;
  readonly units: number;
  readonly end: 'ok' | 'cut' | 'throttled' | 'upstream_error' | 'silent';
}

interface Asked {
  readonly call: ModelCall;
  readonly fates: readonly Fate[];
}

const share = fc.integer({ min: 0, max: 1_000 });
const fate: fc.Arbitrary<Fate> = fc.record({
  ...{ input: share, output: share, units: share },
  end: fc.constantFrom('ok', 'ok', 'ok', 'cut', 'throttled', 'upstream_error', 'silent'),
});

function talk(letters: number, maxTokens: number, stream: boolean): ConverseCall {
  const messages = [{ role: 'user' as const, content: [{ text: 'x'.repeat(letters) }] }];
  return {
    ...{ kind: 'converse', api: 'openai.chat', modelRequested: LITE, stream, maxTokens },
    request: { messages },
  };
}

function searches(count: number): InvokeCall {
  const bodies = [new TextEncoder().encode('{"query":"q"}')];
  return {
    ...{ kind: 'invoke', api: 'bedrock.invoke', modelRequested: RERANK, stream: false, bodies },
    ...{ maxTokens: null, contentType: 'application/json', accept: 'application/json' },
    ...{ other: { search_unit: count }, headers: {} },
  };
}

const anyCall: fc.Arbitrary<ModelCall> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 2_000 }), fc.boolean())
      .map(([letters, tokens, stream]) => talk(letters, tokens, stream)),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }).map(searches) },
);
const asked: fc.Arbitrary<Asked> = fc.record({
  call: anyCall,
  fates: fc.array(fate, { minLength: 4, maxLength: 4 }),
});
const bursts = fc.array(fc.array(asked, { minLength: 1, maxLength: 8 }), {
  ...{ minLength: 1, maxLength: 4 },
});

const part = (of: number, thousandths: number) => Math.floor((of * thousandths) / 1_000);

/** What is used of a call: no more than its bounds say. */
function answerTo(call: ModelCall, { input, output, units, end }: Fate) {
  const read = part(inputTokenBound(call), input);
  const cached = part(read, units);
  const guarded = Object.fromEntries(
    Object.entries(guardrailBound(call))
      // What the recorded prices sell; the others would leave the call without a price.
      .filter(([meter]) => /content_unit|topic|sensitive/.test(meter))
      .map(([meter, most]) => [meter, part(most, units)]),
  );
  const other = call.kind === 'invoke' ? sumOther(call.other, guarded) : guarded;
  return {
    usage: {
      ...{ input: read - cached, cache_read: cached, cache_write_5m: 0, cache_write_1h: 0 },
      output: part(call.maxTokens ?? 0, output),
    },
    ...{ text: ['a', 'b'], firstByteMs: 0, generateMs: 0, end: { other } },
    ...(end === 'silent' && { silent: true as const }),
    ...(end !== 'ok' && end !== 'silent' && { failure: end }),
  };
}

/** The invoke path over a tenant of its own. */
async function openTenant(guarded: boolean) {
  const admin = createAdministration(
    {
      ...{ store, records: store, limits: store, clock: systemClock, random: systemRandom },
      secrets: createSecretMac(new Uint8Array(32)),
    },
    'test',
  );
  const { tenant } = await admin.createTenant('Strict', null);
  await admin.setBudget(tenant, { period: 'month', limit: formatUsd(LIMIT) });
  await admin.setPolicy(tenant, {
    ...{ attempts: 2, fallbacks: { [LITE]: [MICRO] } },
    guardrail: guarded ? { id: 'g', version: '1' } : null,
  });
  const fates: Fate[] = [];
  const lines: UsageEvent[] = [];
  const models = createSimulatedBedrock({
    clock: systemClock,
    answer: (call) => answerTo(call, fates.shift() as Fate),
  });
  const invokeModel = createInvokeModel({
    ...{ store, limits: store, models, mac: testMac, region: 'us-east-1' },
    ...{ clock: systemClock, random: systemRandom },
    prices: () => Promise.resolve(recordedIndex),
    rules: createTenantRules({ records: store, clock: systemClock }),
    registered: createModelRegistry({ records: store, clock: systemClock }),
    notifier: { notify: () => Promise.resolve() },
    usageLog: {
      append: (line) => {
        const parsed = parseUsageLine(line);
        if (!parsed.ok) throw new Error(parsed.fault);
        lines.push(parsed.event);
        return Promise.resolve();
      },
    },
  });
  const principal = { tenant, costCenter: null, project: null, keyId: 'k', teams: [] };
  return {
    ...{ lines, models },
    ask: async ({ call, fates: own }: Asked) => {
      fates.push(...own);
      const { settled } = await invokeModel(principal, call, () => undefined);
      await settled;
    },
    standing: async () => {
      const [standing] = await admin.standing(tenant);
      if (!standing) throw new Error('expected a budget');
      return standing.state;
    },
  };
}

describe('a strict budget', () => {
  it('is never overspent by calls that keep to their bounds, whatever becomes of them', async () => {
    let [metered, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(bursts, fc.boolean(), async (rounds, guarded) => {
        const world = await openTenant(guarded);
        for (const round of rounds) {
          const ends = await Promise.allSettled(round.map(world.ask));
          for (const end of ends) {
            if (end.status === 'fulfilled') continue;
            const { name, message } = end.reason as Error;
            expect(['CallFailed', 'CallRefused']).toContain(name);
            if (name === 'CallRefused') expect(message).toContain('budget has no room');
            if (name === 'CallRefused') refused += 1;
          }
          const { held, suspense, settled } = await world.standing();
          expect(held + suspense + settled).toBeLessThanOrEqual(LIMIT);
        }
        await store.sweep(Number.MAX_SAFE_INTEGER);

        const costs = world.lines.map((line) => usedBy(line, recordedIndex).cost ?? line.reserved);
        for (const [at, cost] of costs.entries()) {
          expect(cost).toBeLessThanOrEqual(world.lines[at]?.reserved ?? -1n);
        }
        metered += world.lines.length;
        const { held, suspense, settled } = await world.standing();
        expect([held, settled]).toEqual([0n, sumUsd(costs.map((cost) => cost ?? 0n))]);
        expect(suspense + settled).toBeLessThanOrEqual(LIMIT);
        expect(world.models.counts().calls).toBeGreaterThanOrEqual(world.lines.length);
      }),
      { numRuns: 60 },
    );
    expect(metered).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(10);
  }, 60_000);
});
