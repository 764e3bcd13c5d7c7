import { EXPIRED } from './clock.ts';
import type { TaskState } from './definition.ts';
import { show, StateError } from './errors.ts';
import { bindingsOf, type Task, type Visit } from './frame.ts';
import { isRecord, type Json, payload } from './json.ts';

/** Calls the step of a Task state once and gives its result. */
export async function callTask(visit: Visit<TaskState>): Promise<Json> {
  const { state, path, frame } = visit;
  const { engine } = frame;
  const bindings = bindingsOf(visit);
  const given = state.arguments === undefined ? visit.input : await state.arguments(bindings);
  const input = payload(given, `${state.path}.Arguments`);
  const seconds = await state.timeoutSeconds?.(bindings);
  const timeoutMs = seconds === undefined ? undefined : millisecondsOf(seconds, state);

  const { step } = state;
  const { retryCount } = visit;
  engine.record({ type: 'TaskScheduled', path, details: { step, retryCount } });
  try {
    const run = () =>
      taskOf(visit)(structuredCopy(input), { execution: engine.execution, path, step, retryCount });
    const value = await withTimeout(run, timeoutMs, visit);
    // a Lambda that returns nothing gives null
    const result = payload(value ?? null, `the result of ${step}`);
    engine.record({ type: 'TaskSucceeded', path, details: { step } });
    return result;
  } catch (thrown) {
    const error = errorOf(thrown);
    const type = thrown instanceof TaskTimeout ? 'TaskTimedOut' : 'TaskFailed';
    const details = { step, error: error.name, cause: error.message };
    engine.record({ type, path, details });
    throw error;
  }
}

class TaskTimeout extends StateError {
  constructor({ step }: TaskState, timeoutMs = 0) {
    super('States.Timeout', `${step} ran past its TimeoutSeconds of ${timeoutMs / 1000}`);
  }
}

/**
 * Runs a task within its limit. On a clock that waits, the limit cuts off a task that hangs, and
 * what the zombie does later is nobody's concern; on one that jumps, lateness shows at the end.
 */
async function withTimeout(
  run: () => Promise<unknown>,
  timeoutMs: number | undefined,
  { state, frame }: Visit<TaskState>,
): Promise<unknown> {
  const deadline = frame.engine.waits.deadline(timeoutMs, 'do-not-count');
  try {
    const settled = run().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const first = await Promise.race([settled, deadline.expired]);
    if (first === EXPIRED || deadline.isLate()) throw new TaskTimeout(state, timeoutMs);
    if ('error' in first) throw first.error;
    return first.value;
  } finally {
    deadline.stop();
  }
}

function taskOf({ state, frame }: Visit<TaskState>): Task {
  const task = frame.engine.tasks[state.step];
  if (task === undefined) throw new Error(`step ${state.step}: got no task; expected one`);
  // an error thrown before the first await is the task's error all the same
  return async (input, context) => task(input, context);
}

function millisecondsOf(seconds: Json, state: TaskState): number {
  if (Number.isInteger(seconds) && Number(seconds) > 0) return Number(seconds) * 1000;
  throw new StateError(
    'States.QueryEvaluationError',
    `${state.path}.TimeoutSeconds: got ${show(seconds)}; expected a positive integer`,
  );
}

/** The machine keeps its own copy: a task may do with its input what it likes. */
function structuredCopy(input: Json): unknown {
  return JSON.parse(JSON.stringify(input)) as unknown;
}

/** What a task threw, as AWS would name it: errors are matched by `error.name`. */
function errorOf(thrown: unknown): StateError {
  if (thrown instanceof StateError) return thrown;
  if (isRecord(thrown) && typeof thrown['name'] === 'string') {
    const { name, message } = thrown;
    return new StateError(name, typeof message === 'string' ? message : show(message));
  }
  return new StateError('Error', typeof thrown === 'string' ? thrown : show(thrown));
}
