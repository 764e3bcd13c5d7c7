import { afterEach } from '@jest/globals';
import type { BreakGateway, Harness } from './gateway-harness.ts';

/** Gateways that a test starts, each stopped when it is over. */
export function stoppedAfterEach(startGateway: BreakGateway): BreakGateway {
  const running: Harness[] = [];
  afterEach(async () => {
    for (const harness of running.splice(0)) await harness.stop();
  });
  return async (options) => {
    const harness = await startGateway(options);
    running.push(harness);
    return harness;
  };
}
