import type { ChoiceState, FailState, MapState, State, TaskState } from './definition.ts';
import type { WaitState } from './definition.ts';
import { show, StateError, Stopped } from './errors.ts';
import type { Template } from './expression.ts';
import { bindingsOf, type Visit } from './frame.ts';
import { leave, type Left } from './leave.ts';

const SECONDS_LIMIT = 99_999_999; // AWS: the longest a Wait may take

/** Runs a state that calls nothing: no retrier or catcher applies to it. */
export async function runPlainState(
  visit: Visit<Exclude<State, TaskState | MapState>>,
): Promise<Left> {
  const { state } = visit;
  switch (state.type) {
    case 'Pass':
    case 'Succeed':
      return leave(visit, state, {});
    case 'Wait':
      return runWait({ ...visit, state });
    case 'Choice':
      return runChoice({ ...visit, state });
    case 'Fail':
      return runFail({ ...visit, state });
  }
}

async function runWait(visit: Visit<WaitState>): Promise<Left> {
  const { state, frame } = visit;
  const seconds = await state.seconds(bindingsOf(visit));
  if (!Number.isInteger(seconds) || Number(seconds) < 0 || Number(seconds) > SECONDS_LIMIT) {
    throw new StateError(
      'States.QueryEvaluationError',
      `${state.path}.Seconds: got ${show(seconds)}; expected an integer of 0 to ${SECONDS_LIMIT}`,
    );
  }
  await frame.engine.waits.wait(Number(seconds) * 1000, frame.signal);
  if (frame.signal.aborted || frame.engine.isOver()) throw new Stopped();
  return leave(visit, state, {});
}

async function runChoice(visit: Visit<ChoiceState>): Promise<Left> {
  const { state, path, frame } = visit;
  for (const [index, rule] of state.rules.entries()) {
    const holds = await rule.condition(bindingsOf(visit));
    if (typeof holds !== 'boolean') {
      throw new StateError(
        'States.QueryEvaluationError',
        `${state.path}.Choices[${index}].Condition: got ${show(holds)}; expected true or false`,
      );
    }
    if (!holds) continue;
    const details = { rule: index, next: rule.next ?? null };
    frame.engine.record({ type: 'ChoiceTaken', path, details });
    return leave(visit, rule, {});
  }
  if (state.otherwise === undefined) {
    const cause = `${state.path}: no rule holds and there is no Default`;
    throw new StateError('States.NoChoiceMatched', cause);
  }
  const details = { rule: 'Default', next: state.otherwise.next ?? null };
  frame.engine.record({ type: 'ChoiceTaken', path, details });
  return leave(visit, state.otherwise, {});
}

async function runFail(visit: Visit<FailState>): Promise<never> {
  const { state } = visit;
  const error = await textOf(visit, state.error, 'Error');
  const cause = await textOf(visit, state.cause, 'Cause');
  throw new StateError(error, cause);
}

async function textOf(
  visit: Visit<FailState>,
  template: Template | undefined,
  field: string,
): Promise<string> {
  if (template === undefined) return '';
  const text = await template(bindingsOf(visit));
  if (typeof text === 'string') return text;
  throw new StateError(
    'States.QueryEvaluationError',
    `${visit.state.path}.${field}: got ${show(text)}; expected a string`,
  );
}
