import type { SeededRandom } from '../../runtime/local/simulation/random.ts';
import type { ServedGateway } from './processes.ts';

/** Calls in several dialects, whole and streamed. */
const CALLS: readonly (readonly [path: string, body: object])[] = [
  ['/v1/chat/completions', { model: 'amazon.nova-2-lite-v1:0' }],
  ['/v1/chat/completions', { model: 'amazon.nova-2-lite-v1:0', stream: true }],
  ['/v1/messages', { model: 'anthropic.claude-opus-5-5', max_tokens: 60 }],
  ['/v1/messages', { model: 'anthropic.claude-opus-5-5', max_tokens: 60, stream: true }],
  ['/model/amazon.nova-2-lite-v1%3A0/converse', {}],
  ['/model/amazon.nova-2-lite-v1%3A0/converse-stream', {}],
];

/** One client: calls without a pause until it is told to stop, and minds no error. */
async function keepCalling(
  { address, key }: ServedGateway,
  pick: () => (typeof CALLS)[number],
  isOver: () => boolean,
): Promise<number> {
  let answered = 0;
  while (!isOver()) {
    const [path, body] = pick();
    const content = path.startsWith('/model/') ? [{ text: 'Hello!' }] : 'Hello!';
    try {
      const response = await fetch(`${address}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, messages: [{ role: 'user', content }] }),
      });
      await response.arrayBuffer();
      if (response.status === 200) answered += 1;
    } catch {
      // The gateway is gone, as it was meant to be.
    }
  }
  return answered;
}

/** So many clients at once. @returns a stop that waits for them and says how many calls were answered. */
export function startClients(gateway: ServedGateway, clients: number, random: SeededRandom) {
  let over = false;
  const pick = () => random.pick(CALLS.map((call) => [call, 1] as const));
  const calling = Array.from({ length: clients }, () => keepCalling(gateway, pick, () => over));
  return async function stop(): Promise<number> {
    over = true;
    return (await Promise.all(calling)).reduce((sum, answered) => sum + answered, 0);
  };
}
