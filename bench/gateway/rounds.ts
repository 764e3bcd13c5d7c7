import type { Contestant } from './contestants.ts';
import { generate } from './generator.ts';
import { cpuSeconds, memoryBytes } from './program.ts';

/** What one contestant came to in one round. */
export interface Figures {
  readonly name: string;
  readonly stream: boolean;
  readonly perSecond: number;
  readonly errors: number;
  /** CPU of the contestant per request, µs; 0 where it has no process or the system does not say. */
  readonly cpuUs: number;
  readonly memoryBytes: number;
  /** At one connection. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly firstByteMs: number;
}

interface Wanted {
  readonly stream: boolean;
  readonly connections: number;
  readonly seconds: number;
}

/** Load on many connections for the throughput, then one connection for the latency. */
export async function measure(
  { name, program, port, request }: Contestant,
  { stream, connections, seconds }: Wanted,
): Promise<Figures> {
  const asked = { port, request: request(stream) };
  const pid = program?.pid ?? 0;
  const before = cpuSeconds(pid);
  const loaded = await generate({ ...asked, connections, seconds });
  const cpu = cpuSeconds(pid) - before;
  const alone = await generate({ ...asked, connections: 1, seconds: Math.max(1, seconds / 2) });
  return {
    ...{ name, stream, errors: loaded.errors + alone.errors },
    perSecond: loaded.requests / loaded.seconds,
    cpuUs: (cpu * 1e6) / Math.max(1, loaded.requests),
    memoryBytes: memoryBytes(pid),
    p50Ms: quantile(alone.latencyMs, 0.5),
    p99Ms: quantile(alone.latencyMs, 0.99),
    firstByteMs: quantile(alone.firstByteMs, 0.5),
  };
}

/** @throws RangeError for no value at all. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  if (value === undefined) throw new RangeError('quantile: got no value, expected one at least');
  return value;
}
