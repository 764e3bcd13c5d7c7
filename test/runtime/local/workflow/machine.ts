import {
  createWorkflow,
  type WorkflowOptions,
} from '../../../../runtime/local/workflow/workflow.ts';
import { createVirtualClock } from './virtual-clock.ts';

type States = Readonly<Record<string, unknown>>;

/** A definition that starts with the first of the given states. */
export function machine(states: States, top: States = {}) {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...top };
}

/** A definition of one Pass whose output is an expression. */
export function expressionMachine(expression: string, input: States = {}) {
  return machine({ Only: { Type: 'Pass', Output: `{% ${expression} %}`, End: true, ...input } });
}

/** Runs a definition once on a virtual clock. */
export function run(
  definition: unknown,
  options: Partial<WorkflowOptions> & { readonly input?: unknown } = {},
) {
  const { input = {}, ...others } = options;
  const defaults = { tasks: {}, clock: createVirtualClock(), random: () => 0.5 };
  return createWorkflow({ definition, ...defaults, ...others }).start(input, 'test-run');
}

/** The output of a definition that must succeed. */
export async function outputOf(...[definition, options]: Parameters<typeof run>) {
  const execution = await run(definition, options);
  if (execution.status === 'SUCCEEDED') return execution.output;
  throw new Error(`${execution.status}: ${execution.error ?? ''}: ${execution.cause ?? ''}`);
}

/** What loading a definition complains about. */
export function refusal(definition: unknown, tasks: WorkflowOptions['tasks'] = {}): string {
  try {
    createWorkflow({ definition, tasks, clock: createVirtualClock(), random: () => 0.5 });
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}

/** An error as a handler throws it. */
export function namedError(name: string, message = 'because'): Error {
  return Object.assign(new Error(message), { name });
}

/** A step that fails with these errors in turn, then gives its input back. */
export function failing(...names: string[]) {
  const left = [...names];
  return (input: unknown) => {
    const name = left.shift();
    return name === undefined ? Promise.resolve(input) : Promise.reject(namedError(name));
  };
}
