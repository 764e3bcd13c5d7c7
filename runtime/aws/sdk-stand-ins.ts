import { NoCredentials, lambdaCredentials } from './signed/lambda-credentials.ts';
import type { AwsCredentials } from './signed/lambda-credentials.ts';

/**
 * What a bundle has in place of packages of the SDK: two that look for credentials where Lambda never has
 * any (files, SSO, other roles), one that remembers endpoints nobody looks for, one that signs events of a
 * stream that we would send, and one that tells calls apart which share a process. They would be a quarter
 * of a function. See `runtime/bundling.ts`.
 */

/** As in `@aws-sdk/credential-provider-node`. */
export const defaultProvider = () => (): Promise<AwsCredentials> =>
  Promise.resolve().then(() => lambdaCredentials(process.env));

/** As in `@aws-sdk/token-providers`: a function signs, and has no bearer token. */
export const fromEnvSigningName = () => (): Promise<never> =>
  Promise.reject(new NoCredentials('bearer token: a function has none'));

/** As in `@aws-sdk/token-providers`. */
export const nodeProvider = fromEnvSigningName;

/** As in `@aws-sdk/endpoint-cache`: keeps nothing, so every look is a first one. */
export class EndpointCache {
  get(): undefined {
    return undefined;
  }

  getEndpoint(): undefined {
    return undefined;
  }

  has(): false {
    return false;
  }

  set(): void {
    return;
  }

  delete(): void {
    return;
  }

  clear(): void {
    return;
  }
}

/** As in `@aws-sdk/eventstream-handler-node`: for operations that take a stream, of which we send none. */
export const eventStreamPayloadHandlerProvider = () => ({
  handle: (): Promise<never> => Promise.reject(new Error('event stream: got one to send')),
});

/** As in `@aws/lambda-invoke-store`: a process has one call at a time, and the environment has its trace. */
export const InvokeStore = { getInstanceAsync: () => Promise.resolve(undefined) };
