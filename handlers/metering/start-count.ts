import * as z from 'zod/mini';
import { emissionRange } from '../../domain/window.ts';
import type { LogQuery } from '../ports.ts';
import { parseInput, windowStart } from '../step-input.ts';

const StartCountInput = z.strictObject({ start: windowStart });

/** State `StartCount`: asks how many lines the window has, per minute of emission. */
export function createStartCount({ logs }: { readonly logs: LogQuery }) {
  return async function startCount(input: unknown): Promise<{ readonly queryId: string }> {
    const { start: window } = parseInput(StartCountInput, input);
    const queryId = await logs.start({ kind: 'minutes', window, ...emissionRange(window) });
    return { queryId };
  };
}
