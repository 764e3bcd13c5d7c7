import { isInstant } from '../instant.ts';
import { LedgerFormatError } from './format-error.ts';

/**
 * Strict shapes of parsed JSON: exact members, exact types. Written here because this floor imports
 * no package, and the verifier must stay readable without one.
 *
 * @throws LedgerFormatError naming the place, what it got and what it expected.
 */
export type Shape<T> = (value: unknown, at: string) => T;

/** Lower-case sha256. */
export const HEX_64 = /^[0-9a-f]{64}$/;
const DECIMAL = /^(?:0|-?[1-9][0-9]{0,37})$/;

/** An object with these members and no others. */
export function objectOf<T extends object>(members: {
  readonly [K in keyof T]-?: Shape<T[K]>;
}): Shape<T> {
  const shapes = Object.entries<Shape<unknown>>(members);
  const known = new Set(shapes.map(([name]) => name));
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw refuse(at, value, 'an object');
    }
    const given = value as Record<string, unknown>;
    const unknown = Object.keys(given).find((name) => !known.has(name));
    if (unknown !== undefined) throw refuse(`${at}.${unknown}`, given[unknown], 'no such member');
    for (const [name, shape] of shapes) {
      if (!Object.hasOwn(given, name)) throw refuse(`${at}.${name}`, undefined, 'a member');
      shape(given[name], `${at}.${name}`);
    }
    return value as T;
  };
}

/** A list of one shape, of any length. */
export function arrayOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw refuse(at, value, 'a list');
    value.forEach((item, index) => shape(item, `${at}[${index}]`));
    return value as T[];
  };
}

/** The shape, or null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at) => (value === null ? null : shape(value, at));
}

/** One of these texts. */
export function oneOf<T extends string>(...allowed: readonly T[]): Shape<T> {
  return (value, at) => {
    if (!allowed.includes(value as T)) throw refuse(at, value, allowed.join(' or '));
    return value as T;
  };
}

/** Text of a pattern, which the error calls by `expected`. */
export function text(pattern: RegExp, expected: string): Shape<string> {
  return (value, at) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw refuse(at, value, expected);
    return value;
  };
}

/** A safe integer from `least` up. */
export function integer(least = 0): Shape<number> {
  return (value, at) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
      throw refuse(at, value, `an integer from ${least}`);
    }
    return value;
  };
}

/** true or false. */
export const flag: Shape<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw refuse(at, value, 'true or false');
  return value;
};

/** A whole number as text, because it may pass 2^53. */
export const decimal = text(DECIMAL, 'a whole number as decimal text of at most 38 digits');
/** A sha256 in lower-case hex. */
export const sha256Hex = text(HEX_64, 'a sha256 in hex');
/** Text of people: not empty, at most 500 characters. */
export const words = text(/^[^\0]{1,500}$/, 'text of 1 to 500 characters');
/** Printable ASCII of at most 200 characters. */
export const shortAscii = text(/^[\x20-\x7e]{0,200}$/, 'printable ASCII of at most 200 characters');
/** `YYYY-MM-DDTHH:MM:SS.sssZ`. */
export const instantText: Shape<string> = (value, at) => {
  if (typeof value !== 'string' || !isInstant(value)) {
    throw refuse(at, value, 'YYYY-MM-DDTHH:MM:SS.sssZ');
  }
  return value;
};

/** The one way this floor says no. */
export function refuse(at: string, got: unknown, expected: string): LedgerFormatError {
  const shown = got === undefined ? 'nothing' : JSON.stringify(got).slice(0, 80);
  return new LedgerFormatError(`${at}: got ${shown}, expected ${expected}`);
}
