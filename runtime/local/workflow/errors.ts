/**
 * An error as the States Language knows it: a name that Retry and Catch match, and a cause for
 * people. Anything else thrown inside the interpreter is a bug and rejects `start`.
 */
export class StateError extends Error {
  override readonly name: string;

  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/** Thrown through states that end because a sibling failed or the execution is over. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** The error as `$states.errorOutput` shows it. */
export function errorOutput(error: StateError): { Error: string; Cause: string } {
  return { Error: error.name, Cause: error.message };
}

/** Refuses a definition at load, naming the place. */
export function refuse(path: string, problem: string): never {
  throw new Error(`${path === '' ? 'definition' : path}: ${problem}`);
}

/** Shows a value in an error message, shortened. */
export function show(value: unknown): string {
  if (typeof value === 'function' || typeof value === 'symbol') return typeof value;
  const text = stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function stringify(value: unknown): string {
  if (value === undefined) return 'undefined';
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? `${member.toString()}n` : member,
  );
}
