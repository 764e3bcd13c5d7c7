import { formatApiKey } from '../../domain/api-key.ts';
import type { ApiKeyParts } from '../../domain/api-key.ts';
import { HOUR_MS, formatInstant } from '../../domain/instant.ts';
import type { SecretMac } from '../edge/authenticate.ts';
import type { Clock, Random, Store, TenantRecord } from '../ports.ts';

/** A key lives at most this long. */
const LIFETIME_MS = 365 * 24 * HOUR_MS;
/** Live keys that a project of a tenant may have: one in use, one to change to. */
const LIVE_KEYS_MAX = 2;
const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

interface DirectoryPorts {
  readonly store: Pick<Store, 'putTenant' | 'putKey' | 'keysOf'>;
  readonly random: Random;
  readonly clock: Pick<Clock, 'now'>;
  /** Who does it, as the audit log will say. */
  readonly actor: string;
}

/** Makes a tenant; its id is minted here, never chosen, so that no name ends up in a path. */
export function createAddTenant({ store, random, clock, actor }: DirectoryPorts) {
  return async function addTenant(name: string, costCenter: string | null): Promise<TenantRecord> {
    const tenant = { tenant: `t_${letters(random, BASE36, 26)}`, name, costCenter };
    await store.putTenant(tenant, {
      ...{ atMs: clock.now(), actor, action: 'tenant.create', subject: tenant.tenant },
      json: JSON.stringify({ name, cost_center: costCenter }),
    });
    return tenant;
  };
}

interface IssueKeyPorts extends DirectoryPorts {
  readonly secrets: SecretMac;
}

export interface KeyWish {
  readonly project?: string | null;
  /** UTC ms; at most a year from now. @default a year from now */
  readonly expiresMs?: number;
  /** Other tenants it may act for. */
  readonly teams?: readonly string[];
}

/** A key that was made. */
export interface IssuedKey {
  readonly keyId: string;
  /** The credential itself: told once and kept nowhere. */
  readonly text: string;
  readonly expiresMs: number;
}

/** What a key cannot be. */
export class KeyRefused extends Error {
  override readonly name = 'KeyRefused';
  /** Is it refused for the keys that there are, and not for what was asked? */
  readonly conflict: boolean;

  constructor(message: string, conflict = false) {
    super(message);
    this.conflict = conflict;
  }
}

/** Makes an API key. @throws KeyRefused for a life that is over or too long, or a third live key. */
export function createIssueKey(ports: IssueKeyPorts) {
  const { store, random, secrets, clock, actor } = ports;
  return async function issueKey(
    { tenant, costCenter }: TenantRecord,
    wish: KeyWish = {},
  ): Promise<IssuedKey> {
    const nowMs = clock.now();
    const { project = null, expiresMs = nowMs + LIFETIME_MS, teams = [] } = wish;
    if (expiresMs <= nowMs || expiresMs > nowMs + LIFETIME_MS) {
      const got = formatInstant(expiresMs);
      throw new KeyRefused(`expires: got ${got}, expected an instant from now to a year from now`);
    }
    const live = (await store.keysOf(tenant)).filter(
      (key) => key.project === project && key.revokedMs === null && key.expiresMs > nowMs,
    );
    if (live.length >= LIVE_KEYS_MAX) {
      throw new KeyRefused(
        `keys of ${tenant}: got ${live.length} live ones (${live.map(({ keyId }) => keyId).join(', ')}), expected fewer than ${LIVE_KEYS_MAX}: revoke one first`,
        true,
      );
    }
    const parts = mintKeyParts(random);
    const record = {
      ...{ keyId: parts.keyId, tenant, costCenter, project, revokedMs: null, teams, expiresMs },
      secretMac: secrets.mac(parts.secret),
    };
    await store.putKey(record, {
      ...{ atMs: nowMs, actor, action: 'key.create', subject: tenant },
      json: JSON.stringify({ key: parts.keyId, project, teams, expires_ms: expiresMs }),
    });
    return { keyId: parts.keyId, text: formatApiKey('local', parts), expiresMs };
  };
}

/** Revokes keys of a tenant: all that live, or one. @throws KeyRefused for a key it does not have. */
export function createRevokeKeys({ store, clock, actor }: Omit<DirectoryPorts, 'random'>) {
  return async function revokeKeys(tenant: string, keyId?: string): Promise<void> {
    const keys = await store.keysOf(tenant);
    const meant = keyId === undefined ? keys : keys.filter((key) => key.keyId === keyId);
    if (keyId !== undefined && meant.length === 0) {
      throw new KeyRefused(`key ${keyId}: got none of that id, expected a key of ${tenant}`);
    }
    for (const key of meant.filter(({ revokedMs }) => revokedMs === null)) {
      const atMs = clock.now();
      await store.putKey(
        { ...key, revokedMs: atMs },
        {
          ...{ atMs, actor, action: 'key.revoke', subject: tenant },
          json: JSON.stringify({ key: key.keyId }),
        },
      );
    }
  };
}

/** The parts of a new key: nobody can guess the secret. */
export function mintKeyParts(random: Random): ApiKeyParts {
  return { keyId: letters(random, BASE36, 12), secret: letters(random, BASE64URL, 43) };
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
