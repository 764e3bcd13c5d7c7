import { StateError } from './errors.ts';

/** What crosses a border of the machine: JSON and nothing else. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** AWS: state input, state output, task result and variables, each, as UTF-8 of compact JSON. */
export const PAYLOAD_LIMIT_BYTES = 262_144;

/**
 * Copies a value that must be JSON, so that neither side can change the other's objects.
 *
 * @param what - Names the value in the error.
 * @throws StateError `errorName` if the value holds anything JSON cannot carry.
 */
export function copyJson(value: unknown, what: string, errorName = 'States.Runtime'): Json {
  const fault = notJson(value, what, new Set());
  if (fault !== undefined) throw new StateError(errorName, fault);
  return JSON.parse(JSON.stringify(value)) as Json;
}

/**
 * Copies a payload and holds it to the limit.
 *
 * @throws StateError `States.Runtime` if it is not JSON, `States.DataLimitExceeded` if too large.
 */
export function payload(value: unknown, what: string): Json {
  const copy = copyJson(value, what);
  const bytes = Buffer.byteLength(JSON.stringify(copy), 'utf8');
  if (bytes <= PAYLOAD_LIMIT_BYTES) return copy;
  throw new StateError(
    'States.DataLimitExceeded',
    `${what} is ${bytes} bytes of JSON; the limit is ${PAYLOAD_LIMIT_BYTES}`,
  );
}

/** Whether a value is an object with string keys, neither null nor an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first thing in a value that JSON cannot carry, in words. */
function notJson(value: unknown, where: string, ancestors: Set<object>): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') {
    return Number.isFinite(value)
      ? undefined
      : `${where} is ${value}; JSON has finite numbers only`;
  }
  if (value === undefined) return `${where} is undefined; expected JSON`;
  if (typeof value !== 'object') return `${where} is a ${typeof value}; expected JSON`;
  if (ancestors.has(value)) return `${where} contains itself; expected JSON`;

  ancestors.add(value);
  const fault = Array.isArray(value)
    ? faultInArray(value, where, ancestors)
    : faultInObject(value, where, ancestors);
  ancestors.delete(value);
  return fault;
}

function faultInArray(values: unknown[], where: string, ancestors: Set<object>) {
  // Array.from shows holes as undefined, where a for-each would skip them
  for (const [index, value] of Array.from(values).entries()) {
    const fault = notJson(value, `${where}[${index}]`, ancestors);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultInObject(value: object, where: string, ancestors: Set<object>) {
  const prototype = Object.getPrototypeOf(value) as object | null;
  // a plain object of another realm (a worker, a test sandbox) is plain all the same
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return `${where} is an instance of ${value.constructor.name}; expected JSON`;
  }
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue; // an absent field, as JSON.stringify has it
    const fault = notJson(member, `${where}.${key}`, ancestors);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
