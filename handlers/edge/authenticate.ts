import { parseApiKey } from '../../domain/api-key.ts';
import type { ApiKeyRecord, Clock, Store } from '../ports.ts';

/** Who is calling: made by authentication alone, from the credential alone. */
export interface Principal {
  readonly tenant: string;
  readonly costCenter: string | null;
  readonly project: string | null;
  readonly keyId: string;
  /** Other tenants that the credential may act for, where a header names one. */
  readonly teams: readonly string[];
}

/** HMAC of a key's secret under the pepper, and a comparison that takes the same time either way. */
export interface SecretMac {
  mac(secret: string): string;
  equal(left: string, right: string): boolean;
}

interface AuthenticatePorts {
  readonly store: Pick<Store, 'findKey'>;
  readonly secrets: SecretMac;
  readonly clock: Pick<Clock, 'now'>;
  /** A key is looked up again after so long: until then a revoked one is believed. @default 0 */
  readonly rememberMs?: number;
}

/** More keys than this at once are remembered anew. */
const REMEMBERED_MAX = 10_000;
const NO_SUCH_MAC = '0'.repeat(64);

/** The principal of a credential, or undefined: unknown, wrong, expired and revoked look the same. */
export function createAuthenticate(ports: AuthenticatePorts) {
  const { store, secrets, clock, rememberMs = 0 } = ports;
  const proven = new Map<string, { readonly key: ApiKeyRecord; readonly untilMs: number }>();

  /** The key with this id and this MAC of its secret. */
  async function rightKey(keyId: string, mac: string): Promise<ApiKeyRecord | undefined> {
    // Only whoever has the secret comes by here: to all others a known id looks like an unknown one.
    const name = `${keyId} ${mac}`;
    const remembered = proven.get(name);
    if (remembered && clock.now() < remembered.untilMs) return remembered.key;
    const key = await store.findKey(keyId);
    // An unknown id does the same work as a known one.
    if (!secrets.equal(mac, key?.secretMac ?? NO_SUCH_MAC) || !key) return undefined;
    if (proven.size >= REMEMBERED_MAX) proven.clear();
    if (rememberMs > 0) proven.set(name, { key, untilMs: clock.now() + rememberMs });
    return key;
  }

  return async function authenticate(credential: string): Promise<Principal | undefined> {
    const parts = parseApiKey(credential);
    if (!parts) return undefined;
    const key = await rightKey(parts.keyId, secrets.mac(parts.secret));
    if (!key || clock.now() >= key.expiresMs || key.revokedMs !== null) return undefined;
    const { tenant, costCenter, project, keyId, teams } = key;
    return { tenant, costCenter, project, keyId, teams };
  };
}
