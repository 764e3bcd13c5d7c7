import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import * as z from 'zod/mini';
import { LedgerFormatError } from '../../domain/ledger/format-error.ts';
import { parseStrictJson } from '../../domain/ledger/canonical-json.ts';
import type { Principal } from '../../handlers/edge/authenticate.ts';
import type { Clock } from '../../handlers/ports.ts';
import { jwtUser, looksLikeJwt } from './jwt-form.ts';

export { looksLikeJwt } from './jwt-form.ts';

/** An OIDC issuer whose tokens are believed, and what in them names the tenant. */
export const IssuerSettings = z.strictObject({
  /** Exactly what `iss` must say. */
  issuer: z.url(),
  audience: z.string().check(z.minLength(1)),
  /** Where its keys are; or the keys themselves. */
  jwks: z.union([z.url(), z.object({ keys: z.array(z.record(z.string(), z.unknown())) })]),
  tenant_claim: z._default(z.string(), 'custom:tenant'),
  cost_center_claim: z._default(z.string(), 'custom:cost_center'),
  /** What `token_use` must say; null where the issuer does not write one. */
  token_use: z._default(z.nullable(z.string()), null),
  /** A token that lives longer than this is refused: a revoked user must not go on for hours. */
  lifetime_max_s: z._default(z.int().check(z.gte(60), z.lte(3600)), 900),
});
export type IssuerSettings = z.output<typeof IssuerSettings>;

interface JwtPorts {
  readonly issuers: readonly IssuerSettings[];
  readonly clock: Pick<Clock, 'now'>;
  /** Told of keys that could not be fetched: the caller is refused, but it is not his fault. */
  readonly onError: (error: unknown) => void;
}

interface Issuer {
  readonly settings: IssuerSettings;
  readonly keys: JWTVerifyGetKey;
}

const ALGORITHMS = ['RS256', 'ES256'];
const SKEW_S = 30;
/** Longer than any honest token, and short enough to be refused unread. */
const TOKEN_LENGTH_MAX = 8192;
const TENANT = /^t_[0-9a-z]{26}$/;
const COST_CENTER = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,40}$/;

/**
 * The principal of a token of a known issuer, or undefined: forged, expired, for somebody else and
 * unreadable look the same. Keys come from the pinned set alone, never from the token.
 */
export function createJwtAuthenticate({ issuers, clock, onError }: JwtPorts) {
  const known = new Map<string, Issuer>(
    issuers.map((settings) => [settings.issuer, { settings, keys: keysOf(settings.jwks) }]),
  );

  return async function authenticate(token: string): Promise<Principal | undefined> {
    try {
      const issuer = issuerOf(token, known);
      return issuer && (await principalOf(token, issuer, clock.now()));
    } catch (error) {
      // Whatever a token does to its reader, nobody gets in; what is ours to mend is told.
      if (!isOfToken(error)) onError(error);
      return undefined;
    }
  };
}

function keysOf(jwks: IssuerSettings['jwks']): JWTVerifyGetKey {
  if (typeof jwks !== 'string') return createLocalJWKSet(jwks);
  // An unknown kid asks the issuer at most twice a minute: tokens cannot make us hammer it.
  return createRemoteJWKSet(new URL(jwks), { cooldownDuration: 30_000, timeoutDuration: 3_000 });
}

/** @throws what `isOfToken` knows for a token that contradicts itself. */
function issuerOf(token: string, known: ReadonlyMap<string, Issuer>): Issuer | undefined {
  if (token.length > TOKEN_LENGTH_MAX || !looksLikeJwt(token)) return undefined;
  // A claim that is there twice means one thing to us and another to somebody else.
  for (const part of token.split('.', 2)) parseStrictJson(textOf(part));
  return known.get(decodeJwt(token).iss ?? '');
}

async function principalOf(
  token: string,
  { settings, keys }: Issuer,
  nowMs: number,
): Promise<Principal | undefined> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ALGORITHMS,
    issuer: settings.issuer,
    audience: settings.audience,
    clockTolerance: SKEW_S,
    currentDate: new Date(nowMs),
    requiredClaims: ['exp', 'iat', 'sub', settings.tenant_claim],
  });
  if (!isForUs(payload, settings, nowMs)) return undefined;
  const tenant = payload[settings.tenant_claim];
  if (typeof tenant !== 'string' || !TENANT.test(tenant)) return undefined;
  const costCenter = payload[settings.cost_center_claim];
  const named = typeof costCenter === 'string' && COST_CENTER.test(costCenter);
  return {
    ...{ tenant, costCenter: named ? costCenter : null, project: null, teams: [] },
    keyId: jwtUser(settings.issuer, payload.sub ?? ''),
  };
}

function isForUs(
  { exp = 0, iat = 0, token_use: use, aud }: JWTPayload,
  settings: IssuerSettings,
  nowMs: number,
): boolean {
  const { audience, token_use: expected, lifetime_max_s: most } = settings;
  const only = aud === audience || (Array.isArray(aud) && aud.length === 1);
  const born = iat <= nowMs / 1000 + SKEW_S && exp - iat <= most;
  return only && born && (expected === null || use === expected);
}

function textOf(base64url: string): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64url, 'base64url'));
}

/** Errors that the token itself caused: all but keys that could not be fetched. */
function isOfToken(error: unknown): boolean {
  if (error instanceof LedgerFormatError) return true;
  const { code } = error as { readonly code?: string };
  const ofKeys = code === 'ERR_JWKS_TIMEOUT' || code === 'ERR_JOSE_GENERIC';
  return code !== undefined && !ofKeys;
}
