import { ApiRefused } from './api-exchange.ts';
import type { Header } from './api-exchange.ts';
import type { Principal } from './authenticate.ts';

export interface IdentifyPorts {
  readonly authenticate: (credential: string) => Promise<Principal | undefined>;
  /** Told of errors of ours. */
  readonly onError: (error: unknown) => void;
}

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'x-api-key']);
/** Names that only a tenant's name or id would be put into, hyphens and underscores left out. */
const TENANT_CLAIM = /tenant|^x?team(?:id|name)?$/;
const TEAM_ID = 'team-id';

/**
 * Says who is calling: from the credential and from nothing else. A `team_id` header may repeat the
 * tenant's id, or name a team that the credential was allowed to act for; any other header that claims a tenant is refused rather than ignored, so that nobody
 * can believe it had an effect.
 */
export function createIdentifyCaller({ authenticate, onError }: IdentifyPorts) {
  async function principalOf(credential: string | undefined): Promise<Principal> {
    try {
      const principal = credential === undefined ? undefined : await authenticate(credential);
      // An identity with nothing in it is nobody's: it must not pass for one.
      if (principal?.tenant && principal.keyId) return principal;
    } catch (error) {
      onError(error);
    }
    throw new ApiRefused(401, 'the API key is missing or not valid', {
      code: 'invalid_api_key',
      headers: { 'www-authenticate': 'Bearer' },
    });
  }

  /** @throws ApiRefused 400 for claims that contradict, 401 without a valid key, 403 for another team. */
  return async function identifyCaller(headers: readonly Header[]): Promise<Principal> {
    const credential = credentialOf(headers);
    const team = claimedTeam(headers);
    const principal = await principalOf(credential);
    if (team !== undefined && principal.teams.includes(team)) {
      // The team is billed, and the key on its lines says who called; the cost centre is the key's own.
      return { ...principal, tenant: team, costCenter: null, teams: [] };
    }
    if (team !== undefined && team !== principal.tenant) {
      throw new ApiRefused(403, 'team_id: this key may not act for that team', {
        code: 'team_not_allowed',
      });
    }
    return principal;
  };
}

/** Is this header one that a credential comes in, however it is spelled? */
export function isCredential([name]: Header): boolean {
  return CREDENTIALS.has(plain(name));
}

/** The one credential; undefined where there is none that can be read. */
export function credentialOf(headers: readonly Header[]): string | undefined {
  const given = headers.filter(isCredential);
  const names = given.map(([name]) => name.toLowerCase());
  // A proxy may read `x_api_key` as `x-api-key`: whoever is behind one must not see another key.
  const spelled = names.every((name) => CREDENTIALS.has(name));
  if (!spelled || new Set(names).size < names.length) {
    throw new ApiRefused(400, 'credential: expected one authorization or x-api-key header');
  }
  const [first, second] = given.map(([name, value]) =>
    name.toLowerCase() === 'authorization' ? BEARER.exec(value)?.[1] : value,
  );
  if (given.length > 1 && first !== second) {
    throw new ApiRefused(400, 'credential: got two that differ, expected one');
  }
  return first;
}

function claimedTeam(headers: readonly Header[]): string | undefined {
  const teams: string[] = [];
  for (const [name, value] of headers) {
    if (plain(name) === TEAM_ID) teams.push(value);
    else if (TENANT_CLAIM.test(plain(name).replaceAll('-', ''))) {
      throw new ApiRefused(400, 'a header claims a tenant: the tenant is the one of the API key');
    }
  }
  if (teams.length > 1) throw new ApiRefused(400, `team_id: got ${teams.length}, expected one`);
  return teams[0];
}

function plain(name: string): string {
  const lower = name.toLowerCase();
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower;
}
