import { BadRequest } from './problem.ts';

const STRING = /"(?:[^"\\]|\\.)*"/y;

/**
 * Refuses JSON in which an object names a field twice: of two readers, one may take the first and the
 * other the last, and what was checked would not be what the model gets.
 *
 * @param text - JSON that has been parsed before.
 */
export function refuseDoubledKeys(text: string): void {
  /** Names of the objects that are open; null for a list. */
  const open: (Set<string> | null)[] = [];
  let expectsName = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '{') open.push(new Set());
    else if (letter === '[') open.push(null);
    else if (letter === '}' || letter === ']') open.pop();
    if (letter === '{' || letter === ',') expectsName = true;
    if (letter !== '"') continue;
    STRING.lastIndex = at;
    const quoted = STRING.exec(text)?.[0] ?? '"';
    const names = open.at(-1);
    if (names && expectsName) add(names, JSON.parse(quoted) as string);
    expectsName = false;
    at += quoted.length - 1;
  }
}

function add(names: Set<string>, name: string): void {
  if (names.has(name)) throw new BadRequest(null, 'got a field twice in one object, expected once');
  names.add(name);
}

/** Does this name stand anywhere in the value, as the name of a field? */
export function hasField(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((one) => hasField(one, name));
  return Object.entries(value).some(([key, one]) => key === name || hasField(one, name));
}
