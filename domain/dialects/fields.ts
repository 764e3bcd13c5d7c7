import { BadRequest } from './problem.ts';

/**
 * Reads the fields of one JSON object of a request. Null means absent, as in every API we speak.
 * Messages name fields and types, never values: a value may be a prompt.
 */
export interface Fields {
  readonly values: Readonly<Record<string, unknown>>;
  /** Path of a field of this object, as messages name it. */
  readonly pathOf: (name: string) => string;
}

/** The bounds of a number, both inclusive. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/**
 * The fields of an object, all of them known.
 *
 * @param path - Where the object stands; null for the body itself.
 * @throws BadRequest naming the first field that is not known: ignored, it would be a broken promise.
 */
export function fieldsOf(value: unknown, path: string | null, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadRequest(path, `got ${kindOf(value)}, expected an object`);
  }
  const pathOf = (name: string) => (path === null ? name : `${path}.${name}`);
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    if (!PLAIN_NAME.test(name)) throw new BadRequest(path, 'got a field whose name is not plain');
    throw new BadRequest(pathOf(name), `not supported, expected only ${known.join(', ')}`);
  }
  return { values: value as Record<string, unknown>, pathOf };
}

/** A field that must be there and hold text. */
export function requiredText(fields: Fields, name: string): string {
  const value = fields.values[name];
  if (typeof value !== 'string') throw refusal(fields, name, 'text');
  return value;
}

/** Text, or undefined where the field is absent. */
export function optionalText(fields: Fields, name: string): string | undefined {
  const value = fields.values[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw refusal(fields, name, 'text');
}

/** One of a few words, or undefined where the field is absent. */
export function optionalWord<Word extends string>(
  fields: Fields,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const value = fields.values[name] ?? undefined;
  if (value === undefined) return undefined;
  const word = words.find((one) => one === value);
  if (word !== undefined) return word;
  throw refusal(fields, name, `one of ${words.join(', ')}`);
}

/** A field that must be there and hold a list with something in it. */
export function requiredList(fields: Fields, name: string): readonly unknown[] {
  const value = fields.values[name];
  if (!Array.isArray(value)) throw refusal(fields, name, 'a list');
  if (value.length === 0) {
    throw new BadRequest(fields.pathOf(name), 'got an empty list, expected at least one');
  }
  return value;
}

/** True, false, or undefined where the field is absent. */
export function optionalFlag(fields: Fields, name: string): boolean | undefined {
  const value = fields.values[name] ?? undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  throw refusal(fields, name, 'true or false');
}

/** A number within bounds, or undefined where the field is absent. */
export function optionalNumber(fields: Fields, name: string, bounds: Bounds): number | undefined {
  const value = fields.values[name] ?? undefined;
  const { least, most } = bounds;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw refusal(fields, name, `a number from ${least} to ${most}`);
}

/** A whole number within bounds, or undefined where the field is absent. */
export function optionalCount(fields: Fields, name: string, bounds: Bounds): number | undefined {
  const value = optionalNumber(fields, name, bounds);
  if (value === undefined || Number.isInteger(value)) return value;
  throw refusal(fields, name, `a whole number from ${bounds.least} to ${bounds.most}`);
}

/** The refusal of a field that holds something else than was expected. */
export function refusal(fields: Fields, name: string, expected: string): BadRequest {
  const got = kindOf(fields.values[name]);
  return new BadRequest(fields.pathOf(name), `got ${got}, expected ${expected}`);
}

/** Says what kind of value it is; of values, only numbers are told. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return 'text';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
