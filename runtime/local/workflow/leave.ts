import type { Exit } from './definition.ts';
import { bindingsOf, type Visit } from './frame.ts';
import { type Json, payload } from './json.ts';

/** How a state was left. */
export interface Left {
  readonly output: Json;
  /** The scope's variables from now on. */
  readonly variables: Readonly<Record<string, Json>>;
  readonly next: string | undefined;
}

/** What a state's work brought, as `$states` calls it. */
export type Yield =
  { readonly result: Json } | { readonly errorOutput: Json } | Readonly<Record<string, never>>;

/**
 * Evaluates Output and Assign. Both see the variables as they were on entry, so neither sees what
 * the other does.
 */
export async function leave(visit: Visit, exit: Exit, yielded: Yield): Promise<Left> {
  const { frame, state, input } = visit;
  const bindings = bindingsOf(visit, yielded);
  const [fallback = input] = Object.values(yielded) as Json[];
  const value = exit.output === undefined ? fallback : await exit.output(bindings);
  const output = payload(value, `the output of ${state.path}`);

  const assigned = (await exit.assign?.(bindings)) ?? {};
  const variables = payload(
    { ...frame.variables, ...(assigned as Record<string, Json>) },
    `the set of variables after ${state.path}`,
  );
  return { output, variables: variables as Record<string, Json>, next: exit.next };
}
