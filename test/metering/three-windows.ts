import { HOUR } from './deployment.ts';
import type { Deployment } from './deployment.ts';

/** Three windows, the same wherever they are written: calls, copies, forgeries, lost and open records. */
export async function writeThreeWindows(deployment: Deployment): Promise<void> {
  const at = (n: number) => HOUR + n * 61_000;
  const of = (n: number) => ({ tenant: `tn_${'abc'[n % 3]}`, key: `k${n % 5}`, input: 90 + n });
  await deployment.calls(150, (n) => ({ ...of(n), admitted_ms: at(n), output: n % 7 }));
  const twice = await deployment.call({ admitted_ms: at(3), cache_read: 12_345 });
  deployment.log(deployment.line(twice), twice.settled_ms);
  const forged = deployment.line(twice).replace('"output":20', '"output":0');
  deployment.log(forged, twice.settled_ms);
  await deployment.call({ admitted_ms: at(70), model: 'house.unknown' });
  const lineLost = await deployment.admit(deployment.event({ admitted_ms: at(71) }));
  await deployment.settle(lineLost);
  const settleLost = await deployment.admit(deployment.event({ admitted_ms: at(72) }));
  deployment.log(deployment.line(settleLost), settleLost.settled_ms);
  await deployment.admit(deployment.event({ admitted_ms: at(73) }), { leaseMs: HOUR });
}
