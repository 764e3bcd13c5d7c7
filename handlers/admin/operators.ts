import { formatApiKey, parseApiKey } from '../../domain/api-key.ts';
import { HOUR_MS, formatInstant } from '../../domain/instant.ts';
import type { SecretMac } from '../edge/authenticate.ts';
import { exactly, oneOf, orNull, text, wholeNumber } from '../invoke/document-form.ts';
import { mintKeyParts } from './issue-key.ts';
import type { Clock, Random, Records } from '../ports.ts';

/** What an operator may do; `tenant_admin` only for the one tenant of the credential. */
export const ROLES = ['admin', 'analyst', 'auditor', 'tenant_admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who operates: made by `createAuthenticateOperator` alone, from an operator's credential alone. */
export interface Operator {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** The tenant of a `tenant_admin`; null for everybody else. */
  readonly tenant: string | null;
}

const KIND = 'operator';
/** Tells an operator's credential from a tenant's before anything is looked up. */
const ENVIRONMENT = 'admin';
/** Operators can do more than tenants: their credentials live a quarter. */
const LIFETIME_MS = 90 * 24 * HOUR_MS;
const NO_SUCH_MAC = '0'.repeat(64);

const instantMs = wholeNumber(0, Number.MAX_SAFE_INTEGER);
const OperatorDocument = exactly({
  name: text(1, 64),
  role: oneOf(ROLES),
  tenant: orNull(text(1, 64)),
  secret_mac: text(1, 128),
  expires_ms: instantMs,
  revoked_ms: orNull(instantMs),
});

interface OperatorPorts {
  readonly records: Records;
  readonly secrets: SecretMac;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
}

export interface OperatorWish {
  readonly name: string;
  readonly role: Role;
  readonly tenant: string | null;
}

/** Words that no operator can be made of. */
export class OperatorRefused extends Error {
  override readonly name = 'OperatorRefused';
  /** Is it that nobody is there of that id? */
  readonly missing: boolean;

  constructor(message: string, missing = false) {
    super(message);
    this.missing = missing;
  }
}

/** Makes operators, lists them without their secrets, and revokes them. */
export function createOperators({ records, secrets, clock, random }: OperatorPorts, actor: string) {
  const entry = (action: string, id: string, said: object) => ({
    ...{ atMs: clock.now(), actor, action, subject: id, json: JSON.stringify(said) },
  });
  return {
    /** @returns the credential, which is told once and kept nowhere. */
    create: async ({ name, role, tenant }: OperatorWish) => {
      if (!/^[\x20-\x7e]{1,64}$/.test(name)) {
        throw new OperatorRefused('name: expected 1 to 64 printable ASCII characters');
      }
      if ((role === 'tenant_admin') !== (tenant !== null)) {
        throw new OperatorRefused('tenant: expected for a tenant_admin, and for nobody else');
      }
      const parts = mintKeyParts(random);
      const expiresMs = clock.now() + LIFETIME_MS;
      const document = {
        ...{ name, role, tenant, secret_mac: secrets.mac(parts.secret) },
        ...{ expires_ms: expiresMs, revoked_ms: null },
      };
      const json = JSON.stringify(document);
      const said = entry('operator.create', parts.keyId, { name, role, tenant });
      await records.change({ kind: KIND, id: parts.keyId, json }, undefined, said);
      return { id: parts.keyId, credential: formatApiKey(ENVIRONMENT, parts), expiresMs };
    },
    list: async () =>
      (await records.list(KIND)).map(({ id, json }) => {
        const { name, role, tenant, expires_ms, revoked_ms } = read(json);
        const revoked = revoked_ms === null ? null : formatInstant(revoked_ms);
        return {
          id,
          name,
          role,
          tenant,
          expires_at: formatInstant(expires_ms),
          revoked_at: revoked,
        };
      }),
    revoke: async (id: string) => {
      const before = await records.find(KIND, id);
      if (before === undefined) {
        throw new OperatorRefused(`operator ${id}: got none of that id`, true);
      }
      const json = JSON.stringify({ ...read(before), revoked_ms: clock.now() });
      await records.change({ kind: KIND, id, json }, before, entry('operator.revoke', id, {}));
    },
  };
}

/** The operator of a credential, or undefined: unknown, wrong, expired and revoked look the same. */
export function createAuthenticateOperator({
  records,
  secrets,
  clock,
}: Omit<OperatorPorts, 'random' | 'records'> & { readonly records: Pick<Records, 'find'> }) {
  return async function authenticateOperator(credential: string): Promise<Operator | undefined> {
    const parts = credential.startsWith(`mk_${ENVIRONMENT}_`) ? parseApiKey(credential) : undefined;
    if (!parts) return undefined;
    const json = await records.find(KIND, parts.keyId);
    const document = json === undefined ? undefined : read(json);
    const right = secrets.equal(secrets.mac(parts.secret), document?.secret_mac ?? NO_SUCH_MAC);
    if (!document || !right || document.revoked_ms !== null) return undefined;
    if (clock.now() >= document.expires_ms) return undefined;
    const { name, role, tenant } = document;
    return { id: parts.keyId, name, role, tenant };
  };
}

function read(json: string) {
  return OperatorDocument.read(JSON.parse(json), 'operator');
}
