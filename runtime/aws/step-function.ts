import { readSettings } from '../settings.ts';
import type { AnyFunctionName, FunctionSettings } from '../settings.ts';
import { openOnce } from './open-once.ts';

/** A state's work. */
export type Step = (input: unknown) => Promise<unknown>;

/**
 * The function of one state. Its ports are opened by the first event, from the settings of that
 * function alone, and kept for those that follow.
 *
 * Step Functions gets the output as it is, and of an error its `name`: that is what `Retry` and
 * `Catch` go by.
 */
export function createStepFunction<Name extends AnyFunctionName>(
  name: Name,
  open: (settings: FunctionSettings<Name>) => Step | Promise<Step>,
): Step {
  const step = openOnce(() => open(readSettings(name, process.env)));
  return async function handler(input) {
    const run = await step();
    return run(input);
  };
}
