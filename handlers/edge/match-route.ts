import { ApiRefused } from './api-exchange.ts';
import type { EdgeRequest, Route } from './api-exchange.ts';

const ABSOLUTE = /^https?:\/\/[^/?#]*/i;
const PATH = /^\/[^?#]*/;

/** A route, and what stands in the places of its path that it names. */
export interface Matched {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

interface Place {
  readonly segments: readonly string[];
  readonly methods: Map<string, Route>;
}

/**
 * Finds the one route of a request, by the path of its target as it came: nothing is decoded or
 * resolved before a route is chosen, and no header is asked, so there is no second reading that could
 * be let in instead.
 */
export function createMatchRoute(routes: readonly Route[]) {
  const byPath = new Map<string, Place>();
  for (const route of routes) {
    const shape = route.path.replaceAll(/\{[^}]*\}/g, '{}');
    const place = byPath.get(shape) ?? { segments: route.path.split('/'), methods: new Map() };
    if (place.methods.has(route.method)) {
      throw new Error(`route ${route.method} ${route.path}: got two`);
    }
    place.methods.set(route.method, route);
    byPath.set(shape, place);
  }
  const patterns = [...byPath.entries()].flatMap(([shape, place]) =>
    shape.includes('{}') ? place : [],
  );

  function placeOf(path: string): Place | undefined {
    const exact = byPath.get(path);
    if (exact) return exact.segments.join('/') === path ? exact : undefined;
    const segments = path.split('/');
    return patterns.find((pattern) => fits(pattern.segments, segments));
  }

  /** @throws ApiRefused 404 for an unknown path, 405 for a known one with another method. */
  return function matchRoute({ method, target }: Pick<EdgeRequest, 'method' | 'target'>): Matched {
    const path = PATH.exec(target.replace(ABSOLUTE, ''))?.[0] ?? '';
    const place = placeOf(path);
    if (!place) {
      const known = [...byPath.values()].map(({ segments }) => segments.join('/')).join(', ');
      throw new ApiRefused(404, `no such path, expected one of ${known}`, { code: 'unknown_url' });
    }
    const route = place.methods.get(method);
    if (route) return { route, params: paramsOf(place.segments, path.split('/')) };
    const allow = [...place.methods.keys()].join(', ');
    throw new ApiRefused(405, `method ${method} is not allowed here, expected ${allow}`, {
      ...{ code: 'method_not_supported', headers: { allow } },
    });
  };
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((part, at) => (isNamed(part) ? segments[at] !== '' : part === segments[at]));
}

function paramsOf(pattern: readonly string[], segments: readonly string[]) {
  const params: Record<string, string> = {};
  for (const [at, part] of pattern.entries()) {
    if (isNamed(part)) params[part.slice(1, -1)] = decoded(segments[at] ?? '');
  }
  return params;
}

function isNamed(part: string): boolean {
  return part.startsWith('{');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ApiRefused(400, 'path: got a broken escape, expected percent-encoded UTF-8');
  }
}
