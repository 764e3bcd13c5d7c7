import { readFileSync } from 'node:fs';
import type { ProfileResolver } from '../../handlers/ports.ts';

/**
 * Application inference profiles of one machine: a JSON file, profile ARN → ARNs of its models. A
 * missing file has none.
 *
 * @throws SyntaxError, TypeError for a file in another form.
 */
export function createProfileFile(path: string): ProfileResolver {
  return {
    models: (profileArn) => {
      const profiles = read(path);
      return Promise.resolve(
        Object.hasOwn(profiles, profileArn) ? profiles[profileArn] : undefined,
      );
    },
  };
}

function read(path: string): Readonly<Record<string, readonly string[]>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return {};
    throw error;
  }
  const value: unknown = JSON.parse(text);
  const isList = (list: unknown) =>
    Array.isArray(list) && list.every((arn) => typeof arn === 'string');
  if (typeof value !== 'object' || value === null || !Object.values(value).every(isList)) {
    throw new TypeError(`profiles ${path}: expected profile ARN → list of model ARNs`);
  }
  return value as Record<string, readonly string[]>;
}
