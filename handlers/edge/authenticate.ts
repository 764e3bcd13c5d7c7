import { parseApiKey } from '../../domain/api-key.ts';
import type { Clock, Store } from '../ports.ts';

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
}

const NO_SUCH_MAC = '0'.repeat(64);

/** The principal of a credential, or undefined: unknown, wrong, expired and revoked look the same. */
export function createAuthenticate({ store, secrets, clock }: AuthenticatePorts) {
  return async function authenticate(credential: string): Promise<Principal | undefined> {
    const parts = parseApiKey(credential);
    if (!parts) return undefined;
    const key = await store.findKey(parts.keyId);
    // An unknown id does the same work as a known one.
    const right = secrets.equal(secrets.mac(parts.secret), key?.secretMac ?? NO_SUCH_MAC);
    const nowMs = clock.now();
    if (!key || !right || nowMs >= key.expiresMs || key.revokedMs !== null) return undefined;
    const { tenant, costCenter, project, keyId, teams } = key;
    return { tenant, costCenter, project, keyId, teams };
  };
}
