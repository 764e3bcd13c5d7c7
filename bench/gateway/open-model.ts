import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';

export interface OpenLoad {
  readonly address: string;
  readonly key: string;
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Asked {
  readonly errors: number;
  readonly seconds: number;
  /** From the instant a call was due, not from when it got out, to the end of its answer: ms, each. */
  readonly latencyMs: readonly number[];
}

const BODY = JSON.stringify({
  ...{ model: 'amazon.nova-2-lite-v1:0', max_tokens: 100 },
  messages: [{ role: 'user', content: 'Say a sentence about bridges and what it costs to cross.' }],
});
const TICK_MS = 5;

/** Calls at their time, whether or not those before were answered: nobody waits for a slow gateway. */
export async function askOpenly({ address, key, perSecond, seconds }: OpenLoad): Promise<Asked> {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(address);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const target = { agent, hostname, port, headers, method: 'POST', path: '/v1/chat/completions' };
  const latencyMs: number[] = [];
  const running = new Set<Promise<void>>();
  let errors = 0;

  function call(dueMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<null>();
    const fail = () => {
      errors += 1;
      resolve(null);
    };
    const asked = request(target, (answer) => {
      answer.resume();
      answer.once('error', fail);
      answer.once('end', () => {
        if (answer.statusCode === 200) latencyMs.push(performance.now() - dueMs);
        else errors += 1;
        resolve(null);
      });
    });
    asked.once('error', fail);
    asked.end(BODY);
    return promise.then(() => undefined);
  }

  const startedMs = performance.now();
  const all = Math.floor(perSecond * seconds);
  for (let sent = 0; sent < all;) {
    const due = Math.min(all, Math.floor(((performance.now() - startedMs) / 1000) * perSecond));
    for (; sent < due; sent += 1) {
      const one = call(startedMs + (sent / perSecond) * 1000).finally(() => running.delete(one));
      running.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(running);
  agent.destroy();
  return { errors, latencyMs, seconds: (performance.now() - startedMs) / 1000 };
}
