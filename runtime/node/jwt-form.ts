import { createHash } from 'node:crypto';

const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Is this credential a token at all? What is not one may be an API key. */
export function looksLikeJwt(credential: string): boolean {
  return FORM.test(credential);
}

/** Names a user on a usage line: the same for ever, and nothing about the person. */
export function jwtUser(issuer: string, subject: string): string {
  const digest = createHash('sha256').update(`${issuer}\n${subject}`).digest('hex');
  return `jwt${digest.slice(0, 13)}`;
}

/**
 * The user that a token says it is of, or undefined: nothing is checked here. For who knows already
 * whose the token is, and asks whether this is that one.
 */
export function claimedJwtUser(token: string): string | undefined {
  try {
    const [, payload = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      readonly iss?: unknown;
      readonly sub?: unknown;
    } | null;
    const { iss, sub } = claims ?? {};
    return typeof iss === 'string' && typeof sub === 'string' ? jwtUser(iss, sub) : undefined;
  } catch {
    return undefined;
  }
}
