import * as z from 'zod/mini';
import type { LogQuery } from '../ports.ts';
import { parseInput, slice, windowStart } from '../step-input.ts';

const StartQueryInput = z.strictObject({ start: windowStart, slice });

/** State `StartQuery`: asks for the lines of one slice. */
export function createStartQuery({ logs }: { readonly logs: LogQuery }) {
  return async function startQuery(input: unknown): Promise<{ readonly queryId: string }> {
    const { start: window, slice: part } = parseInput(StartQueryInput, input);
    const queryId = await logs.start({ kind: 'lines', window, limit: logs.rowLimit, ...part });
    return { queryId };
  };
}
