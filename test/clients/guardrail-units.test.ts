import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAdministration } from '../../handlers/admin/administration.ts';
import { echoAnswer } from '../../runtime/local/simulated/simulated-bedrock.ts';
import { createSecretMac } from '../../runtime/node/secret-mac.ts';
import { systemClock, systemRandom } from '../../runtime/node/system.ts';
import { MODEL, send, startGateway, tokensOf } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';
import { billedUnits, policyUnitsOf } from '../runtime/local/guardrail-account.ts';

const messages = (content: string) => [{ role: 'user', content }];
const converse = (text: string) => ({ messages: [{ role: 'user', content: [{ text }] }] });

/** Operations that generate text, with the body that says a text in each. */
const OPERATIONS: readonly (readonly [path: string, body: (text: string) => object])[] = [
  ['/v1/chat/completions', (text) => ({ model: MODEL, messages: messages(text) })],
  ['/v1/chat/completions', (text) => ({ model: MODEL, messages: messages(text), stream: true })],
  ['/v1/responses', (text) => ({ model: MODEL, input: text })],
  ['/v1/messages', (text) => ({ model: MODEL, max_tokens: 60, messages: messages(text) })],
  [`/model/${MODEL}/converse`, converse],
  [`/model/${MODEL}/converse-stream`, converse],
  [`/model/${MODEL}/invoke`, converse],
  [`/model/${MODEL}/invoke-with-response-stream`, converse],
  [`/invoke_model?model_id=${MODEL}`, (text) => ({ inputs: text })],
];

let harness: Harness;
let failure: 'cut' | undefined;

beforeAll(async () => {
  harness = await startGateway({
    answer: (call) => ({
      ...{ ...echoAnswer(call), firstByteMs: 0, generateMs: 0 },
      ...(failure && { failure }),
    }),
  });
  const { store } = harness;
  const ports = { store, records: store, limits: store, clock: systemClock, random: systemRandom };
  const admin = createAdministration(
    { ...ports, secrets: createSecretMac(new Uint8Array(32)) },
    'test',
  );
  await admin.setPolicy(harness.tenant, { guardrail: { id: 'gr1', version: '1' } });
});

afterAll(() => harness.stop());

function post(path: string, body: object) {
  const headers = [['x-api-key', harness.key]] as const;
  return send(harness, { path, headers, body: JSON.stringify(body) });
}

function expectNothingLost(): void {
  const { guardrail, tokens } = harness.models.counts();
  expect(policyUnitsOf(harness.lines())).toEqual(billedUnits(guardrail));
  expect(tokensOf(harness.lines())).toEqual(tokens);
}

describe("units of a tenant's guardrail", () => {
  it('are metered as the guardrail counted them, in every dialect, whole and streamed', async () => {
    const length = fc.integer({ min: 1, max: 4_000 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...OPERATIONS), length, async ([path, body], letters) => {
        const { status } = await post(path, body('x'.repeat(letters)));

        expect([path, status]).toEqual([path, 200]);
      }),
      { numRuns: 60, examples: OPERATIONS.map((operation) => [operation, 1_500]) },
    );

    expectNothingLost();
    const units = billedUnits(harness.models.counts().guardrail);
    expect(units['contentPolicyUnits']).toBeGreaterThan(OPERATIONS.length);
    expect(harness.lines().every(({ other }) => Object.keys(other).length > 0)).toBe(true);
  });

  it('are metered for an answer that breaks off as well', async () => {
    const before = harness.lines().length;
    failure = 'cut';
    for (const [path, body] of OPERATIONS) await post(path, body('x'.repeat(1_500)));
    failure = undefined;

    const cut = harness.lines().slice(before);
    expect(cut.map(({ outcome }) => outcome)).toEqual(OPERATIONS.map(() => 'cut'));
    expect(cut.every(({ other }) => (other['guardrail_word_unit'] ?? 0) >= 2)).toBe(true);
    expectNothingLost();
  });
});
