import type { Definition, MapState, Scope, State } from './definition.ts';
import { refuse, show } from './errors.ts';
import { createCompiler } from './expression.ts';
import { checkCommon, type Fields, join, openFields } from './fields.ts';
import { readNumber, readOneOf } from './fields.ts';
import { isRecord } from './json.ts';
import { loadTarget, loadTemplate, placeOf, type StateContext } from './load-exit.ts';
import { loadRecovery } from './load-recovery.ts';
import { checkLiteral, identify, loadPlainState, loadTransition } from './load-states.ts';
import { openState, type RawState } from './load-states.ts';

const TOP = ['Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version'];
const MAP = [
  ...['ItemProcessor', 'Items', 'ItemSelector', 'MaxConcurrency', 'Retry', 'Catch'],
  ...['Output', 'Assign', 'Next', 'End'],
];

/** What a scope takes from the one around it. */
type Around = Pick<StateContext, 'compiler' | 'variables' | 'outerVariables' | 'insideMap'> & {
  /** AWS: a state's name is unique in the whole machine. */
  readonly taken: Set<string>;
};

/**
 * Checks a whole definition and compiles its expressions.
 *
 * @throws Error naming the path of the first thing that is wrong or not implemented.
 */
export function loadDefinition(value: unknown): Definition {
  const fields = openFields(value, '', TOP);
  checkCommon(fields);
  if (fields.values['QueryLanguage'] === undefined) {
    refuse('QueryLanguage', 'got nothing, which means JSONPath; expected "JSONata"');
  }
  readOneOf(fields, 'Version', ['1.0']);
  const seconds = readNumber(fields, 'TimeoutSeconds', { min: 1, isInteger: true });
  const root = loadScope(fields, {
    compiler: createCompiler(),
    variables: new Set(),
    outerVariables: new Set(),
    insideMap: false,
    taken: new Set(),
  });
  return { root, timeoutMs: seconds === undefined ? undefined : seconds * 1000 };
}

/** The steps a definition names, in no particular order. */
export function stepsOf(scope: Scope): ReadonlySet<string> {
  const steps = new Set<string>();
  for (const state of scope.states.values()) {
    if (state.type === 'Task') steps.add(state.step);
    if (state.type === 'Map') for (const step of stepsOf(state.processor)) steps.add(step);
  }
  return steps;
}

function loadScope(fields: Fields, around: Around): Scope {
  const states = fields.values['States'];
  const path = join(fields.path, 'States');
  if (!isRecord(states) || Object.keys(states).length === 0) {
    refuse(path, `got ${show(states)}; expected an object of states`);
  }
  const own = assignedIn(states);
  const context = {
    ...around,
    targets: new Set(Object.keys(states)),
    variables: new Set([...around.variables, ...own]),
    taken: around.taken,
  };
  const loaded = Object.entries(states).map(([name, value]): [string, State] => {
    checkName(name, join(path, name), around.taken);
    return [name, loadState({ name, path: join(path, name), value }, context)];
  });
  return { startAt: loadTarget(fields, 'StartAt', context), states: new Map(loaded) };
}

function loadState(raw: RawState, context: StateContext & Around): State {
  if (!isRecord(raw.value)) refuse(raw.path, `got ${show(raw.value)}; expected an object`);
  const type = raw.value['Type'];
  if (typeof type !== 'string')
    refuse(join(raw.path, 'Type'), `got ${show(type)}; expected a type`);
  return type === 'Map' ? loadMap(raw, context) : loadPlainState(raw, type, context);
}

function loadMap(raw: RawState, context: StateContext & Around): MapState {
  const fields = openState(raw, MAP);
  const items = loadItems(fields, context);
  checkLiteral(fields, 'MaxConcurrency', {
    fits: (value) => Number.isInteger(value) && Number(value) >= 0,
    expected: 'an integer of at least 0',
  });
  const inside = { ...placeOf(context), insideMap: true };
  return {
    type: 'Map',
    ...identify(raw),
    ...loadTransition(fields, context, new Set(['result'])),
    ...loadRecovery(fields, context),
    items,
    itemSelector: loadTemplate(fields, 'ItemSelector', inside),
    maxConcurrency: loadTemplate(fields, 'MaxConcurrency', placeOf(context)),
    ...loadProcessor(fields, context),
  };
}

function loadItems(fields: Fields, context: StateContext) {
  checkLiteral(fields, 'Items', { fits: Array.isArray, expected: 'an array' });
  const items = loadTemplate(fields, 'Items', placeOf(context));
  if (items === undefined) {
    refuse(join(fields.path, 'Items'), 'got nothing; expected an array or a JSONata expression');
  }
  return items;
}

function loadProcessor(map: Fields, context: StateContext & Around) {
  const path = join(map.path, 'ItemProcessor');
  const known = ['Comment', 'ProcessorConfig', 'StartAt', 'States'];
  const fields = openFields(map.values['ItemProcessor'], path, known);
  checkCommon(fields);
  const isDistributed = loadMode(fields) === 'DISTRIBUTED';
  const processor = loadScope(fields, {
    compiler: context.compiler,
    // AWS: a distributed map's items are executions of their own and see no outer variables
    variables: isDistributed ? new Set() : context.variables,
    outerVariables: new Set([...context.outerVariables, ...context.variables]),
    insideMap: !isDistributed,
    taken: context.taken,
  });
  return { isDistributed, processor };
}

function loadMode({ path, values }: Fields): 'INLINE' | 'DISTRIBUTED' {
  const config = join(path, 'ProcessorConfig');
  if (values['ProcessorConfig'] === undefined) return 'INLINE';
  const fields = openFields(values['ProcessorConfig'], config, ['Mode', 'ExecutionType']);
  const mode = readOneOf(fields, 'Mode', ['INLINE', 'DISTRIBUTED']);
  const type = fields.values['ExecutionType'];
  const expected = mode === 'DISTRIBUTED' ? 'STANDARD' : undefined;
  if (type !== expected) {
    refuse(
      join(config, 'ExecutionType'),
      `got ${show(type)}; expected ${show(expected)} with Mode ${mode}`,
    );
  }
  return mode;
}

function checkName(name: string, path: string, taken: Set<string>): void {
  // paths in the history are made of names, "/" and "[index]"
  if (!/^[^/[\]]{1,80}$/.test(name)) {
    refuse(path, `got name ${show(name)}; expected 1 to 80 characters without / [ ]`);
  }
  if (taken.has(name)) refuse(path, `another state is named ${show(name)}; expected unique names`);
  taken.add(name);
}

/** The variables that the states of a scope assign, the processors of its maps not included. */
function assignedIn(states: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const holders = Object.values(states)
    .filter(isRecord)
    .flatMap((state) => [state, ...listIn(state, 'Choices'), ...listIn(state, 'Catch')]);
  const assigned = holders.filter(isRecord).map((holder) => holder['Assign']);
  return new Set(assigned.filter(isRecord).flatMap(Object.keys));
}

function listIn(state: Readonly<Record<string, unknown>>, key: string): unknown[] {
  const value = state[key];
  return Array.isArray(value) ? (value as unknown[]) : [];
}
