import * as z from 'zod/mini';
import { NO_TOKENS, TOKEN_METERS } from '../../domain/meters.ts';
import type { TokenMeter, TokenUsage } from '../../domain/meters.ts';
import { isOver } from './ask-log.ts';
import { LogQueryFailed } from '../ports.ts';
import type { LogCount, LogQuery } from '../ports.ts';
import { parseInput } from '../step-input.ts';

const PollCountInput = z.strictObject({ queryId: z.string() });

export type PollCountOutput =
  | { readonly status: 'Running' }
  | {
      readonly status: 'Complete';
      /** The control total: what the log says it holds of the window. */
      readonly counted: {
        readonly lines: number;
        readonly foreign: number;
        readonly tokens: TokenUsage;
      };
      /** Lines per minute of emission: [start in seconds, lines]. */
      readonly minutes: readonly (readonly [number, number])[];
    };

/** State `PollCount`: the control total once it is whole. @throws LogQueryFailed if it never will. */
export function createPollCount({ logs }: { readonly logs: LogQuery }) {
  return async function pollCount(input: unknown): Promise<PollCountOutput> {
    const { queryId } = parseInput(PollCountInput, input);
    const state = await logs.poll(queryId);
    if (!isOver(state)) return { status: 'Running' };
    if (state.status !== 'Complete') {
      throw new LogQueryFailed(`count of ${queryId}: ${state.status}`);
    }
    const { counts, foreign } = state;
    const lines = counts.reduce((sum, minute) => sum + minute.lines, 0);
    const minutes = counts.map(({ startMs, lines: n }) => [startMs / 1000, n] as const);
    return {
      status: 'Complete',
      counted: { lines, foreign, tokens: sumTokens(counts) },
      minutes,
    };
  };
}

function sumTokens(counts: readonly LogCount[]): TokenUsage {
  const sums: Record<TokenMeter, number> = { ...NO_TOKENS };
  for (const { tokens } of counts) for (const meter of TOKEN_METERS) sums[meter] += tokens[meter];
  return sums;
}
