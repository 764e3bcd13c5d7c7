import jsonata from 'jsonata';

import { refuse, show, StateError } from './errors.ts';
import { checkExpression } from './expression-check.ts';
import { awsFunctions } from './functions.ts';
import { copyJson, isRecord, type Json } from './json.ts';
import type { Place, SyntaxNode } from './place.ts';

/** What an expression can see when it runs. */
export interface Bindings {
  /** `$states`. */
  readonly states: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, Json>>;
  readonly random: () => number;
}

/** A value of the definition with its expressions compiled; run it to get plain JSON. */
export type Template = (bindings: Bindings) => Promise<Json>;

/** Compiles the expressions of one definition, each distinct text once. */
export interface Compiler {
  /** Compiles a value in which any string may be an expression. */
  template(value: unknown, place: Place): Template;
}

const WHOLE = /^\{%(.*)%\}$/s;

/** Creates a compiler with its own cache. */
export function createCompiler(): Compiler {
  const cache = new Map<string, jsonata.Expression>();

  function expression(source: string, place: Place): Template {
    const compiled = cache.get(source) ?? parse(source, place.path);
    cache.set(source, compiled);
    checkExpression(compiled.ast() as unknown as SyntaxNode, place);
    return (bindings) => evaluate({ compiled, source, path: place.path }, bindings);
  }

  function template(value: unknown, place: Place): Template {
    if (typeof value === 'string') {
      if (isExpression(value, place.path)) return expression(sourceOf(value), place);
      return () => Promise.resolve(value);
    }
    if (Array.isArray(value)) {
      const items = value.map((item, index) =>
        template(item, { ...place, path: `${place.path}[${index}]` }),
      );
      return (bindings) => inOrder(items, bindings);
    }
    if (!isRecord(value)) {
      const literal = copyJson(value, place.path);
      return () => Promise.resolve(literal);
    }
    const fields = Object.entries(value).map(([key, member]) => {
      const path = `${place.path}.${key}`;
      return { key, member: template(member, { ...place, path }) };
    });
    return async (bindings) => {
      const members = await inOrder(
        fields.map((field) => field.member),
        bindings,
      );
      // fromEntries defines, never sets: a key called __proto__ stays a key
      return Object.fromEntries(fields.map(({ key }, index) => [key, members[index] as Json]));
    };
  }

  return { template };
}

/** Whether a string is an expression; refuses one that only looks like it. */
export function isExpression(text: string, path: string): boolean {
  if (WHOLE.test(text)) return true;
  if (!text.includes('{%')) return false;
  refuse(path, `got ${show(text)}; an expression must be the whole string, from {% to %}`);
}

function sourceOf(text: string): string {
  return WHOLE.exec(text)?.[1]?.trim() ?? '';
}

function parse(source: string, path: string): jsonata.Expression {
  try {
    return jsonata(source);
  } catch (error) {
    refuse(path, `got ${show(source)}, which is not JSONata: ${messageOf(error)}`);
  }
}

async function evaluate(
  expression: { compiled: jsonata.Expression; source: string; path: string },
  { states, variables, random }: Bindings,
): Promise<Json> {
  const { compiled, source, path } = expression;
  const bound = { ...variables, states, ...awsFunctions(random) };
  let value: unknown;
  try {
    value = await compiled.evaluate(undefined, bound);
  } catch (error) {
    throw new StateError(
      'States.QueryEvaluationError',
      `${path}: ${show(source)} failed: ${messageOf(error)}`,
    );
  }
  if (value === undefined) {
    throw new StateError(
      'States.QueryEvaluationError',
      `${path}: ${show(source)} yielded nothing; expected a value`,
    );
  }
  return copyJson(value, `${path}: ${show(source)}`, 'States.QueryEvaluationError');
}

async function inOrder(templates: readonly Template[], bindings: Bindings): Promise<Json[]> {
  const values: Json[] = [];
  for (const run of templates) values.push(await run(bindings));
  return values;
}

/** JSONata throws plain objects. */
function messageOf(error: unknown): string {
  return isRecord(error) && typeof error['message'] === 'string' ? error['message'] : show(error);
}
