import { NO_TOKENS } from '../../../domain/meters.ts';
import type { ConverseCall, ModelCall } from '../../../domain/model-call.ts';
import { echoAnswer, inputTokens } from './simulated-bedrock.ts';
import type { SimulatedAnswer } from './simulated-bedrock.ts';
import { createSeededRandom } from '../simulation/random.ts';

const WORDS = ['ore', 'toll', 'gate', 'bridge', 'ferry', 'ledger', 'cart', 'mile'];
const WORDS_MAX = 240;

/**
 * Answers that a seed and the call's own content decide, the same on every machine: so many words, each a
 * token, in so much time. Where the call marks what is to be cached, some of its input was, or is now.
 */
export function createSeededAnswers(seed: string): (call: ModelCall) => SimulatedAnswer {
  return (call) => {
    if (call.kind !== 'converse') return echoAnswer(call);
    const random = createSeededRandom(seed, JSON.stringify([call.modelRequested, call.request]));
    const most = Math.min(call.maxTokens ?? WORDS_MAX, WORDS_MAX);
    const output = 1 + Math.floor(random.unit() * most);
    const text = Array.from({ length: Math.min(output, most) }, () => {
      return `${random.pick(WORDS.map((word) => [word, 1] as const))} `;
    });
    return {
      usage: { ...NO_TOKENS, ...inputOf(call, random.unit()), output: text.length },
      firstByteMs: 20 + Math.floor(random.unit() * 200),
      generateMs: text.length * 4,
      text,
      ...(text.length === call.maxTokens && { end: { stopReason: 'max_tokens' } }),
    };
  };
}

/** Input of a call; half of the calls that cache find their prompt in the cache. */
function inputOf(call: ConverseCall, draw: number) {
  const input = inputTokens(call);
  const lifetimes = [...JSON.stringify(call.request).matchAll(/"cachePoint":\{[^}]*\}/g)];
  if (lifetimes.length === 0) return { input };
  const cached = Math.floor(input * 0.8);
  const rest = { input: input - cached };
  if (draw < 0.5) return { ...rest, cache_read: cached };
  const isHour = lifetimes.some(([point]) => point.includes('"1h"'));
  return { ...rest, ...(isHour ? { cache_write_1h: cached } : { cache_write_5m: cached }) };
}
