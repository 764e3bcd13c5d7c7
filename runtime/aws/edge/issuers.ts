import * as z from 'zod/mini';
import { IssuerSettings } from '../../node/jwt-authenticate.ts';
import { SettingsError } from '../../settings.ts';

const Issuers = z.array(IssuerSettings);

/** The issuers whose tokens a deployment believes. @throws SettingsError naming what is wrong with which. */
export function readIssuers(text: string): readonly IssuerSettings[] {
  const read = Issuers.safeParse(jsonOf(text));
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SettingsError(`issuers: ${faults.join('; ')}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SettingsError('issuers: got text that is no JSON, expected a list of issuers');
  }
}
