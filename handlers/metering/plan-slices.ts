import * as z from 'zod/mini';
import { cutSlice, planSlices } from '../../domain/slices.ts';
import type { LineSlice } from '../../domain/slices.ts';
import type { LogQuery } from '../ports.ts';
import { count, parseInput, slice, windowStart } from '../step-input.ts';

const PlanSlicesInput = z.strictObject({
  start: windowStart,
  minutes: z.array(z.tuple([count, count])),
  /** Slices that turned out too full; empty the first time. */
  oversized: z.array(slice),
});

/** State `PlanSlices`: questions small enough to be answered whole. */
export function createPlanSlices({ logs }: { readonly logs: Pick<LogQuery, 'rowLimit'> }) {
  return function planWindowSlices(
    input: unknown,
  ): Promise<{ readonly slices: readonly LineSlice[] }> {
    const { start: window, minutes, oversized } = parseInput(PlanSlicesInput, input);
    const slices =
      oversized.length > 0
        ? oversized.flatMap(cutSlice)
        : planSlices(window, minutes, logs.rowLimit);
    return Promise.resolve({ slices });
  };
}
