import * as z from 'zod/mini';
import { isOver } from './ask-log.ts';
import { LogQueryFailed } from '../ports.ts';
import type { LogQuery } from '../ports.ts';
import { parseInput } from '../step-input.ts';

const PollQueryInput = z.strictObject({ queryId: z.string() });

export interface PollQueryOutput {
  readonly status: 'Running' | 'Complete' | 'TooFull';
}

/**
 * State `PollQuery`: can the slice be collected? Only `Complete` counts, and only if every matching
 * line fits: at the limit nobody can tell a full answer from a cut one.
 *
 * @throws LogQueryFailed if the question ended in any other way.
 */
export function createPollQuery({ logs }: { readonly logs: LogQuery }) {
  return async function pollQuery(input: unknown): Promise<PollQueryOutput> {
    const { queryId } = parseInput(PollQueryInput, input);
    const state = await logs.poll(queryId);
    if (!isOver(state)) return { status: 'Running' };
    if (state.status !== 'Complete') {
      throw new LogQueryFailed(`slice of ${queryId}: ${state.status}`);
    }
    return { status: state.statistics.matched >= logs.rowLimit ? 'TooFull' : 'Complete' };
  };
}
