import { refuse, show } from './errors.ts';
import { isRecord } from './json.ts';

/** An object of the definition whose fields are all known. */
export interface Fields {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Opens an object of the definition; refuses every field that is not listed. */
export function openFields(value: unknown, path: string, known: readonly string[]): Fields {
  if (!isRecord(value)) refuse(path, `got ${show(value)}; expected an object`);
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const list = [...known].sort().join(', ');
    refuse(join(path, key), `field "${key}" is not implemented; implemented here: ${list}`);
  }
  return { path, values: value };
}

/** The path of a member, e.g. `States.Foo` of `States` and `Foo`. */
export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** Reads a string. */
export function requireString({ path, values }: Fields, key: string): string {
  const value = values[key];
  if (typeof value === 'string' && value !== '') return value;
  refuse(join(path, key), `got ${show(value)}; expected a string`);
}

/** Reads an array that is not empty. */
export function requireArray({ path, values }: Fields, key: string): readonly unknown[] {
  const value = values[key];
  if (Array.isArray(value) && value.length > 0) return value as unknown[];
  refuse(join(path, key), `got ${show(value)}; expected an array that is not empty`);
}

/** Reads one of a few strings, or the default where the field is absent. */
export function readOneOf<T extends string>(
  { path, values }: Fields,
  key: string,
  expected: readonly [T, ...T[]],
): T {
  const value = values[key];
  if (value === undefined) return expected[0];
  const found = expected.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  refuse(join(path, key), `got ${show(value)}; expected ${expected.map(show).join(' or ')}`);
}

/** What a number may be. */
export interface NumberRule {
  readonly min: number;
  readonly isInteger: boolean;
}

/** Reads a number, or undefined where the field is absent. */
export function readNumber(
  { path, values }: Fields,
  key: string,
  { min, isInteger }: NumberRule,
): number | undefined {
  const value = values[key];
  if (value === undefined) return undefined;
  const fits = typeof value === 'number' && Number.isFinite(value) && value >= min;
  if (fits && (!isInteger || Number.isInteger(value))) return value;
  const kind = isInteger ? 'an integer' : 'a number';
  refuse(join(path, key), `got ${show(value)}; expected ${kind} of at least ${min}`);
}

/** Reads the fields every object may have, which say nothing the interpreter acts on. */
export function checkCommon(fields: Fields): void {
  const { path, values } = fields;
  const comment = values['Comment'];
  if (comment !== undefined && typeof comment !== 'string') {
    refuse(join(path, 'Comment'), `got ${show(comment)}; expected a string`);
  }
  readOneOf(fields, 'QueryLanguage', ['JSONata']);
}
