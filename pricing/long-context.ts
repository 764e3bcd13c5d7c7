import { parseInstant } from '../domain/instant.ts';
import type { Context } from '../domain/usage-event.ts';
import { LONG_CONTEXT_THRESHOLDS } from './long-context-thresholds.ts';

/** Lines per model, newest first. */
const linesOf = new Map<string, { readonly fromMs: number; readonly max: number }[]>();
for (const [model, max, from] of LONG_CONTEXT_THRESHOLDS) {
  const lines = linesOf.get(model) ?? [];
  linesOf.set(model, lines);
  lines.push({ fromMs: from === null ? -Infinity : parseInstant(from), max: max ?? Infinity });
  lines.sort((a, b) => b.fromMs - a.fromMs);
}

/**
 * Says whether a call pays the long-context rate. All of it does: input, cache and output alike.
 *
 * A long call whose model has no long-context row comes out unpriced, not at the base rate.
 *
 * @param inputTokens - All input tokens: uncached, cache reads and cache writes.
 */
export function contextOf(model: string, inputTokens: number, atMs: number): Context {
  const line = linesOf.get(model)?.find(({ fromMs }) => fromMs <= atMs);
  return line !== undefined && inputTokens > line.max ? 'long' : 'base';
}
