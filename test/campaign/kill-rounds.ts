import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { identityIn } from '../../domain/accept-lines.ts';
import { identityOf } from '../../domain/usage-event.ts';
import { createSeededRandom } from '../../runtime/local/simulation/random.ts';
import { accountOf, without } from './account.ts';
import type { Account } from './account.ts';
import { startClients } from './clients.ts';
import { startBedrock, startGateway } from './processes.ts';

const ANSWER_MS = 20;
const CLIENTS = 12;
const LIFE_MAX_MS = 1_500;

interface Campaign {
  readonly account: Account;
  readonly answered: number;
}

/** Kills a gateway under load at random instants, starts it anew each time, and draws up the account. */
async function killManyTimes(rounds: number, seed: string): Promise<Campaign> {
  const data = mkdtempSync(join(tmpdir(), 'tollbook-kill-'));
  const random = createSeededRandom(seed, 'kill');
  const bedrock = await startBedrock(ANSWER_MS);
  const { endpoint } = bedrock.told;
  let answered = 0;
  try {
    for (let round = 0; round < rounds; round += 1) {
      const gateway = await startGateway(data, endpoint);
      const stop = startClients(gateway.told, CLIENTS, random);
      await pause(random.unit() * LIFE_MAX_MS);
      await gateway.end('SIGKILL');
      answered += await stop();
    }
    // What had reached the model is counted there, whoever is left to hear the answer.
    await pause(10 * ANSWER_MS);
    return { account: await accountOf(data, endpoint), answered };
  } finally {
    await bedrock.end('SIGTERM');
    rmSync(data, { recursive: true, force: true });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** So many kills lose no call, and double none. */
export function itLosesNothing(rounds: number, seed: string, timeoutMs: number): void {
  it(
    `killed ${rounds} times under load, a gateway has every call in a line or in suspense`,
    async () => {
      const { account, answered } = await killManyTimes(rounds, seed);
      const { seen, counters, metered, spoilt, torn, settled, suspended } = account;
      const suspense = without(suspended, metered);

      expect(answered).toBeGreaterThan(rounds);
      // The model's own count, and what it was told of each call.
      expect([seen.length, new Set(seen).size]).toEqual([counters.calls, counters.calls]);
      expect(spoilt).toEqual([]);
      // A kill tears one line at most. The answer of its call never ended: it is in suspense.
      expect(torn.length).toBeLessThanOrEqual(rounds);
      const unanswered = torn.flatMap((line) => identityIn(line) ?? []).map(identityOf);
      expect(without(unanswered, suspense)).toEqual([]);
      expect(metered.length).toBe(new Set(metered).size);
      // Identity by identity: whatever the model saw is metered, or held and in suspense.
      expect(without(seen, [...metered, ...suspense])).toEqual([]);
      expect(without(metered, seen)).toEqual([]);
      expect(without(settled, metered)).toEqual([]);
      expect(without(metered, [...settled, ...suspended])).toEqual([]);
      // Some were killed between their reservation and the wire: held, though no model saw them.
      const unsent = without(suspense, seen);
      expect(counters.calls).toBe(metered.length + suspense.length - unsent.length);
      expect(unsent.length).toBeLessThanOrEqual(rounds * CLIENTS);
    },
    timeoutMs,
  );
}
