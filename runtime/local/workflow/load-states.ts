import type { ChoiceState, Exit, FailState, State, TaskState, WaitState } from './definition.ts';
import { refuse, show } from './errors.ts';
import { isExpression } from './expression.ts';
import { checkCommon, type Fields, join, openFields, requireArray } from './fields.ts';
import { loadExit, loadTarget, loadTemplate, placeOf, type StateContext } from './load-exit.ts';
import { loadRecovery } from './load-recovery.ts';

/** One state to load. */
export interface RawState {
  readonly name: string;
  readonly path: string;
  readonly value: unknown;
}

const COMMON = ['Type', 'Comment', 'QueryLanguage'];
const EXIT = ['Output', 'Assign', 'Next', 'End'];

/** Loads a state of any type but Map. */
export function loadPlainState(raw: RawState, type: string, context: StateContext): State {
  switch (type) {
    case 'Task':
      return loadTask(raw, context);
    case 'Choice':
      return loadChoice(raw, context);
    case 'Wait':
      return loadWait(raw, context);
    case 'Pass': {
      const fields = openState(raw, EXIT);
      return { type, ...identify(raw), ...loadTransition(fields, context) };
    }
    case 'Succeed': {
      const fields = openState(raw, ['Output']);
      return { type, ...identify(raw), ...loadExit(fields, context, new Set()) };
    }
    case 'Fail':
      return loadFail(raw, context);
    default: {
      const known = 'Task, Map, Choice, Wait, Pass, Succeed, Fail';
      refuse(
        join(raw.path, 'Type'),
        `state type ${show(type)} is not implemented; implemented: ${known}`,
      );
    }
  }
}

/** Opens a state, refusing fields its type does not have here. */
export function openState(raw: RawState, known: readonly string[]): Fields {
  const fields = openFields(raw.value, raw.path, [...COMMON, ...known]);
  checkCommon(fields);
  return fields;
}

/** Name and path. */
export function identify({ name, path }: RawState) {
  return { name, path };
}

/** Loads the exit of a state that has either Next or `"End": true`. */
export function loadTransition(
  fields: Fields,
  context: StateContext,
  members: Parameters<typeof loadExit>[2] = new Set(),
): Exit {
  const { Next: next, End: end } = fields.values;
  if (end !== undefined && end !== true) {
    refuse(join(fields.path, 'End'), `got ${show(end)}; expected true, or Next instead`);
  }
  if ((next === undefined) === (end === undefined)) {
    const got = next === undefined ? 'neither' : 'both';
    refuse(fields.path, `got ${got} of Next and End; expected one of them`);
  }
  return loadExit(fields, context, members);
}

/** Refuses a literal that does not fit; an expression in its place is checked when it runs. */
export function checkLiteral(
  { path, values }: Fields,
  key: string,
  rule: { fits: (value: unknown) => boolean; expected: string },
): void {
  const value = values[key];
  if (value === undefined || rule.fits(value)) return;
  if (typeof value === 'string' && isExpression(value, join(path, key))) return;
  refuse(join(path, key), `got ${show(value)}; expected ${rule.expected} or a JSONata expression`);
}

function loadTask(raw: RawState, context: StateContext): TaskState {
  const known = ['Resource', 'Arguments', 'TimeoutSeconds', 'Retry', 'Catch', ...EXIT];
  const fields = openState(raw, known);
  checkLiteral(fields, 'TimeoutSeconds', {
    fits: (value) => Number.isInteger(value) && Number(value) > 0,
    expected: 'a positive integer',
  });
  return {
    type: 'Task',
    ...identify(raw),
    ...loadTransition(fields, context, new Set(['result'])),
    ...loadRecovery(fields, context),
    step: loadStep(fields),
    arguments: loadTemplate(fields, 'Arguments', placeOf(context)),
    timeoutSeconds: loadTemplate(fields, 'TimeoutSeconds', placeOf(context)),
  };
}

function loadStep({ path, values }: Fields): string {
  const resource = values['Resource'];
  const name = typeof resource === 'string' ? /^\$\{(\w+)\}$/.exec(resource)?.[1] : undefined;
  if (name !== undefined) return name;
  refuse(join(path, 'Resource'), `got ${show(resource)}; expected the name of a step, "\${Step}"`);
}

function loadChoice(raw: RawState, context: StateContext): ChoiceState {
  const fields = openState(raw, ['Choices', 'Default', 'Output', 'Assign']);
  const rules = requireArray(fields, 'Choices').map((value, index) =>
    loadRule(value, `${raw.path}.Choices[${index}]`, context),
  );
  const hasDefault = fields.values['Default'] !== undefined;
  if (!hasDefault && (fields.values['Output'] ?? fields.values['Assign']) !== undefined) {
    refuse(raw.path, 'got Output or Assign without Default; expected them in the rules');
  }
  const otherwise = hasDefault
    ? {
        ...loadExit(fields, context, new Set()),
        next: loadTarget(fields, 'Default', context),
      }
    : undefined;
  return { type: 'Choice', ...identify(raw), rules, otherwise };
}

function loadRule(value: unknown, path: string, context: StateContext) {
  const known = ['Comment', 'Condition', 'Next', 'Assign', 'Output'];
  const fields = openFields(value, path, known);
  const source = fields.values['Condition'];
  const condition = loadTemplate(fields, 'Condition', placeOf(context));
  const isCondition = typeof source === 'string' && isExpression(source, join(path, 'Condition'));
  if (condition === undefined || !isCondition) {
    refuse(join(path, 'Condition'), `got ${show(source)}; expected a JSONata expression`);
  }
  const next = loadTarget(fields, 'Next', context);
  return { ...loadExit(fields, context, new Set()), next, condition };
}

function loadWait(raw: RawState, context: StateContext): WaitState {
  const fields = openState(raw, ['Seconds', ...EXIT]);
  checkLiteral(fields, 'Seconds', {
    fits: (value) => Number.isInteger(value) && Number(value) >= 0,
    expected: 'an integer of at least 0',
  });
  const seconds = loadTemplate(fields, 'Seconds', placeOf(context));
  if (seconds === undefined) refuse(join(raw.path, 'Seconds'), 'got nothing; expected seconds');
  return { type: 'Wait', ...identify(raw), ...loadTransition(fields, context), seconds };
}

function loadFail(raw: RawState, context: StateContext): FailState {
  const fields = openState(raw, ['Error', 'Cause']);
  for (const key of ['Error', 'Cause']) {
    checkLiteral(fields, key, {
      fits: (value) => typeof value === 'string',
      expected: 'a string',
    });
  }
  return {
    type: 'Fail',
    ...identify(raw),
    error: loadTemplate(fields, 'Error', placeOf(context)),
    cause: loadTemplate(fields, 'Cause', placeOf(context)),
  };
}
