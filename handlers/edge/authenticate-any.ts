import type { Principal } from './authenticate.ts';

type Authenticate = (credential: string) => Promise<Principal | undefined>;

interface AnyPorts {
  /** Of API keys. */
  readonly key: Authenticate;
  /** Of tokens of the deployment's issuers. */
  readonly token: Authenticate;
  /** Does the credential have the form of a token? Its form alone decides who reads it. */
  readonly isToken: (credential: string) => boolean;
}

/** One way in for both kinds of credential: each is read by one reader and by no other. */
export function createAuthenticateAny({ key, token, isToken }: AnyPorts): Authenticate {
  return (credential) => (isToken(credential) ? token(credential) : key(credential));
}
