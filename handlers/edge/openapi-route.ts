import { apiDocument } from '../api/document.ts';
import type { Route } from './api-exchange.ts';

/**
 * `GET /openapi.json`: every route that is served, this one too. The document is made when it is asked
 * for first: a gateway that nobody asks does not pay for it.
 */
export function createOpenApiRoute(routes: readonly Route[]): Route {
  let document: ReturnType<typeof apiDocument> | undefined;
  const route: Route = {
    method: 'GET',
    path: '/openapi.json',
    access: 'public',
    handle: (response) => {
      document ??= apiDocument([...routes, route]);
      response.json(200, document);
    },
  };
  return route;
}
