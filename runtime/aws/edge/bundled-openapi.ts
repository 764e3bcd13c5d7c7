import type { Route } from '../../../handlers/edge/api-exchange.ts';

/** What `runtime/bundling.ts` writes into a bundle in place of this name. */
declare const TOLLBOOK_OPENAPI: string;

/**
 * `GET /openapi.json` as text that was made with the bundle: no function has all routes, and the document
 * has.
 */
export function createBundledOpenApiRoute(): Route {
  return {
    method: 'GET',
    path: '/openapi.json',
    access: 'public',
    handle: (response) => {
      const text = new TextEncoder().encode(TOLLBOOK_OPENAPI);
      response.bytes(200, text, { 'content-type': 'application/json; charset=utf-8' });
    },
  };
}
