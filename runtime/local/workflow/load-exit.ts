import type { Exit } from './definition.ts';
import { refuse, show } from './errors.ts';
import type { Compiler } from './expression.ts';
import { type Fields, join, requireString } from './fields.ts';
import { FUNCTIONS } from './functions.ts';
import { isRecord } from './json.ts';
import type { Place } from './place.ts';

/** What the loader knows when it comes to a state. */
export interface StateContext {
  readonly compiler: Compiler;
  /** The names of the states in this scope: where Next may lead. */
  readonly targets: ReadonlySet<string>;
  readonly variables: ReadonlySet<string>;
  /** Variables of the scopes around this one. They can be read, if at all, but not assigned. */
  readonly outerVariables: ReadonlySet<string>;
  readonly insideMap: boolean;
}

type Members = Place['members'];

/** Loads Output, Assign and where to go next. */
export function loadExit(fields: Fields, context: StateContext, members: Members): Exit {
  return {
    output: loadTemplate(fields, 'Output', placeOf(context, members)),
    assign: loadAssign(fields, context, members),
    next: loadNext(fields, context),
  };
}

/** Compiles a field, or gives undefined where it is absent. */
export function loadTemplate(
  { path, values }: Fields,
  key: string,
  { compiler, ...place }: ReturnType<typeof placeOf>,
) {
  if (values[key] === undefined) return undefined;
  return compiler.template(values[key], { ...place, path: join(path, key) });
}

/** What expressions of a state can see. */
export function placeOf(context: StateContext, members: Members = new Set()) {
  const { compiler, variables, insideMap } = context;
  return { compiler, variables, insideMap, members };
}

/** Checks that a name is a state of this scope. */
export function loadTarget(fields: Fields, key: string, { targets }: StateContext): string {
  const target = requireString(fields, key);
  if (targets.has(target)) return target;
  const known = [...targets].join(', ');
  refuse(join(fields.path, key), `got ${show(target)}; expected a state of this scope: ${known}`);
}

function loadNext(fields: Fields, context: StateContext): string | undefined {
  return fields.values['Next'] === undefined ? undefined : loadTarget(fields, 'Next', context);
}

function loadAssign(fields: Fields, context: StateContext, members: Members) {
  const value = fields.values['Assign'];
  if (value === undefined) return undefined;
  const path = join(fields.path, 'Assign');
  if (!isRecord(value)) refuse(path, `got ${show(value)}; expected an object`);
  for (const name of Object.keys(value)) checkVariable(name, join(path, name), context);
  return context.compiler.template(value, { ...placeOf(context, members), path });
}

function checkVariable(name: string, path: string, { outerVariables }: StateContext): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,79}$/.test(name)) {
    refuse(path, `got variable ${show(name)}; expected at most 80 letters, digits and _`);
  }
  if (name === 'states') refuse(path, '"states" is reserved; choose another name');
  if (FUNCTIONS.has(name)) refuse(path, `variable "${name}" would hide the function "$${name}"`);
  if (outerVariables.has(name)) {
    refuse(path, `variable "${name}" belongs to an outer scope; choose another name`);
  }
}
