import { malformed } from './insights-grammar.ts';
import type { Aggregate, Command, Expression } from './insights-grammar.ts';

/** An event of the log. */
export interface StoredEvent {
  readonly timestampMs: number;
  readonly message: string;
  readonly ptr: string;
}

/** An instant; other values are what they look like, and null is what is not there. */
interface Time {
  readonly ms: number;
}
type Value = number | string | boolean | Time | null;

/** A row under evaluation: the fields that commands made, over those found in the line itself. */
interface Row {
  readonly made: Map<string, Value>;
  readonly found: ReadonlyMap<string, Value>;
}

export interface Evaluated {
  /** Fields by name, in order, as texts; what is missing is left out. */
  readonly rows: readonly (readonly (readonly [field: string, value: string])[])[];
  /** Events that every filter before an aggregation let through. */
  readonly matched: number;
}

/** How a sum may look: `plain` as an integer, `double` as a double prints itself. */
export type SumForm = 'plain' | 'double';

/** Runs the commands of a query over events, oldest first. */
export function evaluate(
  commands: readonly Command[],
  events: readonly StoredEvent[],
  sumForm: SumForm,
): Evaluated {
  let rows = events.map(rowOf);
  let [shown, matched]: [readonly string[], number] = [['@timestamp', '@message'], -1];
  for (const command of commands) {
    switch (command.kind) {
      case 'parse':
        for (const row of rows) parseRow(row, command.field, command.pattern);
        break;
      case 'fields':
        shown = command.items.map(({ name }) => name);
        for (const row of rows) {
          for (const { name, expression } of command.items) {
            row.made.set(name, valueOf(expression, row));
          }
        }
        break;
      case 'display':
        shown = command.fields;
        break;
      case 'filter':
        rows = rows.filter((row) => valueOf(command.condition, row) === true);
        break;
      case 'sort':
        rows = sorted(rows, command.field, command.descending);
        break;
      case 'stats':
        matched = rows.length;
        rows = grouped(rows, command.sums, command.by);
        shown = [...command.sums.map(({ name }) => name), ...command.by];
        break;
    }
  }
  // Rows of log lines carry their pointer; rows of aggregates have none.
  const fields = matched < 0 ? [...shown, '@ptr'] : shown;
  const texts = rows.map((row) =>
    fields.flatMap((field) => {
      const value = fieldOf(row, field);
      return value === null
        ? []
        : [[field, textOf(value, matched < 0 ? 'plain' : sumForm)] as const];
    }),
  );
  return { rows: texts, matched: matched < 0 ? rows.length : matched };
}

const FOUND_MAX = 200;

function rowOf({ timestampMs, message, ptr }: StoredEvent): Row {
  const found = new Map<string, Value>(discovered(message));
  found.set('@timestamp', { ms: timestampMs }).set('@message', message).set('@ptr', ptr);
  return { made: new Map(), found };
}

/** Fields of a JSON line, as Insights discovers them: the first 200, arrays and objects flattened. */
function discovered(message: string): [string, Value][] {
  let json: unknown;
  try {
    json = JSON.parse(message);
  } catch {
    return [];
  }
  return flattened(json, '').slice(0, FOUND_MAX);
}

function flattened(json: unknown, path: string): [string, Value][] {
  if (typeof json !== 'object' || json === null) {
    return path === '' ? [] : [[path, json as Value]];
  }
  return Object.entries(json).flatMap(([key, value]) => {
    const name = key.startsWith('@') ? `@${key}` : key;
    return flattened(value, path === '' ? name : `${path}.${name}`);
  });
}

/** What a pattern does not find is not made: the name then means whatever the line has of it. */
function parseRow(row: Row, field: string, pattern: RegExp): void {
  const text = fieldOf(row, field);
  const groups = typeof text === 'string' ? pattern.exec(text)?.groups : undefined;
  for (const [name, value] of Object.entries(groups ?? {})) row.made.set(name, value);
}

function fieldOf({ made, found }: Row, name: string): Value {
  return made.get(name) ?? found.get(name) ?? null;
}

const NUMERIC = /^-?\d+(?:\.\d+)?$/;

function numberOf(value: Value): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && NUMERIC.test(value) ? Number(value) : null;
}

function valueOf(expression: Expression, row: Row): Value {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return expression.value;
    case 'period':
      throw malformed('a period stands only in datefloor');
    case 'field':
      return fieldOf(row, expression.name);
    case 'not':
      return valueOf(expression.of, row) !== true;
    case 'like': {
      const text = valueOf(expression.of, row);
      return typeof text === 'string' && expression.pattern.test(text);
    }
    case 'call':
      return callOf(expression.name, expression.args, row);
    case 'binary':
      return binaryOf(expression.operator, expression.sides, row);
  }
}

function binaryOf(operator: string, sides: readonly Expression[], row: Row): Value {
  const [left, right] = sides.map((side) => valueOf(side, row)) as [Value, Value];
  if (operator === 'and') return left === true && right === true;
  if (operator === 'or') return left === true || right === true;
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === null || b === null) return '+-*'.includes(operator) ? null : false;
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '=':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      throw malformed(`operator ${operator}: not understood`);
  }
}

function callOf(name: string, args: readonly Expression[], row: Row): Value {
  if (name === 'datefloor') return dateFloor(args, row);
  const values = args.map((arg) => valueOf(arg, row));
  const numbers = values.map(numberOf);
  const [value = null] = values;
  const whole = (of: (...list: number[]) => number) =>
    numbers.some((number) => number === null) ? null : of(...(numbers as number[]));
  switch (name) {
    case 'ispresent':
      return value !== null;
    case 'coalesce':
      return values.find((one) => one !== null) ?? null;
    case 'abs':
      return whole(Math.abs);
    case 'least':
      return whole(Math.min);
    case 'greatest':
      return whole(Math.max);
    case 'strcontains':
      return contains(value, values[1] ?? null);
    case 'toMillis':
      return isTime(value) ? value.ms : null;
    case 'fromMillis':
      return whole((ms) => ms) === null ? null : { ms: numbers[0]! };
    default:
      throw malformed(`function ${name}: not understood`);
  }
}

function contains(text: Value, part: Value): Value {
  if (typeof text !== 'string' || typeof part !== 'string') return null;
  return text.includes(part) ? 1 : 0;
}

function dateFloor([time, period]: readonly Expression[], row: Row): Value {
  if (!time || period?.kind !== 'period')
    throw malformed('datefloor: expected a time and a period');
  const value = valueOf(time, row);
  return isTime(value) ? { ms: Math.floor(value.ms / period.ms) * period.ms } : null;
}

function isTime(value: Value): value is Time {
  return typeof value === 'object' && value !== null;
}

function grouped(rows: readonly Row[], sums: readonly Aggregate[], by: readonly string[]): Row[] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify(by.map((field) => fieldOf(row, field))));
  return [...groups.values()].map((members) => {
    const made = new Map<string, Value>(by.map((field) => [field, fieldOf(members[0]!, field)]));
    for (const { name, kind, field } of sums) {
      const values = members.map((row) => (field === null ? 1 : fieldOf(row, field)));
      const present = values.filter((value) => value !== null);
      const numbers = values.map(numberOf).filter((number) => number !== null);
      if (kind === 'count') made.set(name, present.length);
      else if (numbers.length > 0)
        made.set(
          name,
          numbers.reduce((total, one) => total + one, 0),
        );
    }
    return { made, found: new Map() };
  });
}

function sorted(rows: readonly Row[], field: string, descending: boolean): Row[] {
  const keyOf = (row: Row): number => {
    const value = fieldOf(row, field);
    return isTime(value) ? value.ms : (numberOf(value) ?? 0);
  };
  return [...rows].sort((a, b) => (descending ? keyOf(b) - keyOf(a) : keyOf(a) - keyOf(b)));
}

function textOf(value: Exclude<Value, null>, sumForm: SumForm): string {
  if (isTime(value)) return new Date(value.ms).toISOString().replace('T', ' ').replace('Z', '');
  if (typeof value !== 'number' || sumForm === 'plain') return String(value);
  if (value < 1e7) return `${value}.0`;
  const [digits = '', exponent = ''] = value.toExponential().split('e+');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent}`;
}
