import { ApiRefused } from './api-exchange.ts';
import type { EdgeRequest, Route } from './api-exchange.ts';

const ABSOLUTE = /^https?:\/\/[^/?#]*/i;
const PATH = /^\/[^?#]*/;

/**
 * Finds the one route of a request, by the path of its target as it came: nothing is decoded or
 * resolved, and no header is asked, so there is no second reading that could be let in instead.
 */
export function createMatchRoute(routes: readonly Route[]) {
  const byPath = new Map<string, Map<string, Route>>();
  for (const route of routes) {
    const methods = byPath.get(route.path) ?? new Map<string, Route>();
    if (methods.has(route.method)) throw new Error(`route ${route.method} ${route.path}: got two`);
    byPath.set(route.path, methods.set(route.method, route));
  }

  /** @throws ApiRefused 404 for an unknown path, 405 for a known one with another method. */
  return function matchRoute({ method, target }: Pick<EdgeRequest, 'method' | 'target'>): Route {
    const methods = byPath.get(PATH.exec(target.replace(ABSOLUTE, ''))?.[0] ?? '');
    if (!methods) {
      const known = [...byPath.keys()].join(', ');
      throw new ApiRefused(404, `no such path, expected one of ${known}`, { code: 'unknown_url' });
    }
    const route = methods.get(method);
    if (route) return route;
    const allow = [...methods.keys()].join(', ');
    throw new ApiRefused(405, `method ${method} is not allowed here, expected ${allow}`, {
      ...{ code: 'method_not_supported', headers: { allow } },
    });
  };
}
