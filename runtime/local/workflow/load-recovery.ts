import type { Catcher, Recovery, Retrier } from './definition.ts';
import { refuse, show } from './errors.ts';
import { type Fields, join, openFields, readNumber, readOneOf, requireArray } from './fields.ts';
import { loadExit, type StateContext } from './load-exit.ts';

const RETRIER = [
  ...['Comment', 'ErrorEquals', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate'],
  ...['MaxDelaySeconds', 'JitterStrategy'],
];
const CATCHER = ['Comment', 'ErrorEquals', 'Next', 'Assign', 'Output'];

/** The names of AWS that can occur here. A task's own errors never begin with `States.`. */
const RAISED = [
  ...['States.ALL', 'States.TaskFailed', 'States.Timeout', 'States.QueryEvaluationError'],
  ...['States.DataLimitExceeded', 'States.NoChoiceMatched'],
  'States.ExceedToleratedFailureThreshold',
];

/** Loads what a Task or Map does about errors. */
export function loadRecovery(fields: Fields, context: StateContext): Recovery {
  const retriers = list(fields, 'Retry').map((entry) => loadRetrier(entry.value, entry.path));
  const catchers = list(fields, 'Catch').map((entry) =>
    loadCatcher(entry.value, entry.path, context),
  );
  checkWildcards(retriers, join(fields.path, 'Retry'));
  checkWildcards(catchers, join(fields.path, 'Catch'));
  return { retriers, catchers };
}

function list(fields: Fields, key: string): { value: unknown; path: string }[] {
  if (fields.values[key] === undefined) return [];
  const path = join(fields.path, key);
  return requireArray(fields, key).map((value, index) => ({ value, path: `${path}[${index}]` }));
}

function loadRetrier(value: unknown, path: string): Retrier {
  const fields = openFields(value, path, RETRIER);
  const integer = (min: number) => ({ min, isInteger: true });
  const intervalSeconds = readNumber(fields, 'IntervalSeconds', integer(1)) ?? 1;
  return {
    errorEquals: loadErrorEquals(fields),
    intervalSeconds,
    maxAttempts: readNumber(fields, 'MaxAttempts', integer(0)) ?? 3,
    backoffRate: readNumber(fields, 'BackoffRate', { min: 1, isInteger: false }) ?? 2,
    maxDelaySeconds:
      readNumber(fields, 'MaxDelaySeconds', integer(intervalSeconds + 1)) ?? Infinity,
    jitter: readOneOf(fields, 'JitterStrategy', ['NONE', 'FULL']),
  };
}

function loadCatcher(value: unknown, path: string, context: StateContext): Catcher {
  const fields = openFields(value, path, CATCHER);
  const exit = loadExit(fields, context, new Set(['errorOutput']));
  if (exit.next === undefined) refuse(join(path, 'Next'), 'got nothing; expected a state');
  return { ...exit, errorEquals: loadErrorEquals(fields) };
}

function loadErrorEquals(fields: Fields): readonly string[] {
  const path = join(fields.path, 'ErrorEquals');
  return requireArray(fields, 'ErrorEquals').map((name) => {
    if (typeof name !== 'string') refuse(path, `got ${show(name)}; expected the name of an error`);
    if (name === 'States.Runtime') {
      refuse(path, '"States.Runtime" always fails the execution; it cannot be retried or caught');
    }
    if (name.startsWith('States.') && !RAISED.includes(name)) {
      refuse(path, `error "${name}" is not implemented; implemented: ${RAISED.join(', ')}`);
    }
    return name;
  });
}

/** AWS: `States.ALL` stands alone in its list, and last. */
function checkWildcards(
  entries: readonly { readonly errorEquals: readonly string[] }[],
  path: string,
): void {
  for (const [index, { errorEquals }] of entries.entries()) {
    if (!errorEquals.includes('States.ALL')) continue;
    if (errorEquals.length === 1 && index === entries.length - 1) continue;
    refuse(`${path}[${index}]`, '"States.ALL" must be alone in ErrorEquals, and the last entry');
  }
}
