import type { Exit, MapState, State, TaskState } from './definition.ts';
import { errorOutput, StateError, Stopped } from './errors.ts';
import type { Frame, Visit } from './frame.ts';
import { type Json, payload } from './json.ts';
import { leave, type Left } from './leave.ts';
import { runMap } from './map.ts';
import { createRetries, matchesError } from './retry.ts';
import { runPlainState } from './run-plain-state.ts';
import { callTask } from './task.ts';

/** Runs a scope from its first state to its end and gives its output. */
export async function runScope(frame: Frame, input: Json): Promise<Json> {
  let name: string | undefined = frame.scope.startAt;
  let value = input;
  while (name !== undefined) {
    if (frame.signal.aborted || frame.engine.isOver()) throw new Stopped();
    const state = frame.scope.states.get(name);
    if (state === undefined) throw new Error(`state ${name}: got none; expected one in its scope`);
    const left = await runState(frame, state, value);
    value = left.output;
    name = left.next;
  }
  return value;
}

async function runState(frame: Frame, state: State, input: Json): Promise<Left> {
  const { engine } = frame;
  const path = `${frame.prefix}${state.name}`;
  const enteredMs = engine.waits.now();
  engine.record({ type: 'StateEntered', path });
  const visit = { frame, path, input, enteredMs, retryCount: 0 };
  const left =
    state.type === 'Task' || state.type === 'Map'
      ? await runWithRecovery({ ...visit, state })
      : await runPlainState({ ...visit, state });
  frame.variables = left.variables;
  engine.record({ type: 'StateExited', path });
  return left;
}

/** Runs a Task or a Map, again if a retrier says so; a catcher decides what a last error means. */
async function runWithRecovery(visit: Visit<TaskState | MapState>): Promise<Left> {
  const { state, path, frame } = visit;
  const { engine, signal } = frame;
  const retries = createRetries(state.retriers, engine.random);
  for (let retryCount = 0; ; retryCount++) {
    const attempt = { ...visit, retryCount };
    try {
      return await runOnce(attempt);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const retry = retries.next(error.name);
      if (retry === undefined) return await recover(attempt, error);
      const details = { ...retry, error: error.name, cause: error.message };
      engine.record({ type: 'TaskRetried', path, details });
      await engine.waits.wait(retry.delayMs, signal);
      if (signal.aborted || engine.isOver()) throw new Stopped();
    }
  }
}

async function runOnce(visit: Visit<TaskState | MapState>): Promise<Left> {
  const { state } = visit;
  const result =
    state.type === 'Task' ? await callTask({ ...visit, state }) : await runMap({ ...visit, state });
  return leave(visit, state, { result });
}

async function recover(visit: Visit<TaskState | MapState>, error: StateError): Promise<Left> {
  const { state, path, frame } = visit;
  const index = state.catchers.findIndex(({ errorEquals }) =>
    matchesError(errorEquals, error.name),
  );
  const catcher: Exit | undefined = state.catchers[index];
  if (catcher === undefined) throw error;
  const details = { catcher: index, error: error.name, cause: error.message };
  frame.engine.record({ type: 'CatchTaken', path, details });
  return leave(visit, catcher, { errorOutput: payload(errorOutput(error), 'the error output') });
}
