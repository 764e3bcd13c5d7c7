import { formatApiKey } from '../domain/api-key.ts';
import { HOUR_MS } from '../domain/instant.ts';
import type { SecretMac } from './authenticate.ts';
import type { Clock, Random, Store, TenantRecord } from './ports.ts';

/** A key lives at most this long. */
const LIFETIME_MS = 365 * 24 * HOUR_MS;
const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

interface DirectoryPorts {
  readonly store: Pick<Store, 'putTenant' | 'putKey'>;
  readonly random: Random;
}

/** Makes a tenant; its id is minted here, never chosen, so that no name ends up in a path. */
export function createAddTenant({ store, random }: DirectoryPorts) {
  return async function addTenant(name: string, costCenter: string | null): Promise<TenantRecord> {
    const tenant = { tenant: `t_${letters(random, BASE36, 26)}`, name, costCenter };
    await store.putTenant(tenant);
    return tenant;
  };
}

interface IssueKeyPorts extends DirectoryPorts {
  readonly secrets: SecretMac;
  readonly clock: Pick<Clock, 'now'>;
}

/** Makes an API key. Its text is returned once and kept nowhere. */
export function createIssueKey({ store, random, secrets, clock }: IssueKeyPorts) {
  return async function issueKey(
    { tenant, costCenter }: TenantRecord,
    project: string | null,
  ): Promise<string> {
    const parts = { keyId: letters(random, BASE36, 12), secret: letters(random, BASE64URL, 43) };
    await store.putKey({
      ...{ keyId: parts.keyId, tenant, costCenter, project, revokedMs: null },
      secretMac: secrets.mac(parts.secret),
      expiresMs: clock.now() + LIFETIME_MS,
    });
    return formatApiKey('local', parts);
  };
}

/** Letters of an alphabet of at most 64, without bias. */
function letters(random: Random, alphabet: string, length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random.bytes(length)) {
      const letter = alphabet[byte & 63];
      if (letter !== undefined && text.length < length) text += letter;
    }
  }
  return text;
}
