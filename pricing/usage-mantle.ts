import { cacheWriteMeter, rateOf, tierAndMode } from './rate.ts';
import type { FamilyReading } from './rate.ts';

/**
 * Family b of facts/bedrock-prices.md, section 5: the model id itself, `-mantle-`, then the rate, as in
 * `openai.gpt-5.6-terra-mantle-cache-write-tokens-30m-standard`. The boundary is required because
 * `minimax.minimax-m2` begins `minimax.minimax-m2.5`.
 */
const MANTLE = new RegExp(
  [
    /^(?<subject>[a-z0-9]+\.[a-z0-9]+(?:[.:-][a-z0-9]+)*)-mantle-/,
    /(?<what>input|output|cache-read|cache-write)-tokens(?:-(?<duration>5m|30m|1h))?/,
    /(?<long>-long-ctx)?(?<global>-global)?-(?<tier>standard|flex|priority|batch)$/,
  ]
    .map((part) => part.source)
    .join(''),
);

/** Reads a mantle usage type. */
export function readMantle(body: string): FamilyReading | null {
  const match = MANTLE.exec(body)?.groups;
  if (!match) return null;
  const { subject = '', what = '', duration, long, global, tier } = match;
  if (subject.includes('-mantle') || (duration !== undefined && what !== 'cache-write'))
    return null;
  const meter = what === 'cache-write' ? cacheWriteMeter(duration) : what.replace('-', '_');
  return rateOf('mantle', meter, {
    ...tierAndMode(tier),
    subject,
    scope: global === undefined ? 'regional' : 'global',
    context: long === undefined ? 'base' : 'long',
  });
}
