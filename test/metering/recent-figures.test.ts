import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { HOUR_MS } from '../../domain/instant.ts';
import type { Summary } from '../../handlers/metering/summarise.ts';
import { HOUR, NOW, createDeployment } from './deployment.ts';
import type { Deployment } from './deployment.ts';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await createDeployment();
});
afterEach(() => {
  deployment.remove();
});

async function summaryAt(nowMs: number): Promise<Summary> {
  const { executions } = await deployment.meter({ nowMs });
  return executions.at(-1)?.output as Summary;
}

it('a run tells of every call that waits for a price, a reason or an outcome, for two days', async () => {
  await deployment.call();
  await deployment.call({ model: 'house.unheard-of', model_requested: 'house.unheard-of' });
  deployment.log('{"tollbook":"usage/1","id":"nonsense"}', HOUR + 1);
  await deployment.admit(deployment.event({}), { leaseMs: HOUR });

  expect(await summaryAt(NOW)).toMatchObject({
    ...{ unpriced: 1, quarantined: 1, suspense: 1, suspenseHours: 1 },
  });

  await deployment.call({ admitted_ms: HOUR + 40 * HOUR_MS });
  expect(await summaryAt(NOW + 40 * HOUR_MS)).toMatchObject({
    ...{ unpriced: 1, quarantined: 1, suspense: 1, suspenseHours: 41 },
  });

  await deployment.call({ admitted_ms: HOUR + 60 * HOUR_MS });
  expect(await summaryAt(NOW + 60 * HOUR_MS)).toMatchObject({
    // Two days later its window is out of sight; the call itself is still unknown, and held.
    ...{ unpriced: 0, quarantined: 0, suspense: 0, suspenseHours: 61 },
  });
});
