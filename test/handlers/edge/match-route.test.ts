import { describe, expect, it } from '@jest/globals';
import { ApiRefused } from '../../../handlers/edge/api-exchange.ts';
import type { Route } from '../../../handlers/edge/api-exchange.ts';
import { createMatchRoute } from '../../../handlers/edge/match-route.ts';
import { createSeededRandom } from '../../../runtime/local/simulation/random.ts';

const paths = [
  ...['/health', '/v1/models', '/v1/models/{model}', '/v1/chat/completions', '/invoke_model'],
  ...['/model/{modelId}/converse', '/model/{modelId}/invoke', '/admin/tenants', '/me'],
  ...['/admin/tenants/{tenant}', '/admin/tenants/{tenant}/keys/{key}', '/openapi.json'],
];
const routes = paths.map((path) => ({ method: 'GET', path, access: 'public' }) as unknown as Route);
const matchRoute = createMatchRoute(routes);

const PATTERNS = paths.map((route) => {
  const source = route.replaceAll('.', '\\.').replaceAll(/\{[a-zA-Z]+\}/g, '[^/?#]+');
  return [route, new RegExp(`^${source}$`, 's')] as const;
});

/** Reads a path a second time, in another way. */
function expectedRoute(path: string): string | undefined {
  return paths.includes(path) ? path : PATTERNS.find(([, pattern]) => pattern.test(path))?.[0];
}

const PIECES = [
  ...['/', '//', '/.', '/..', '/%2e%2e', '%2f', '%00', '\\', ';x', '?', '#', '/{model}', ':80'],
  ...['health', 'v1', 'models', 'admin', 'tenants', 'keys', 'me', 'model', 'converse', 'a', 'A'],
  ...['/v1/models', '/admin/tenants', '/health', '/model/x', '/converse', 'openapi.json', ' '],
];
const BEFORE = ['', '', 'http://evil', 'x'];
const random = createSeededRandom('routes', '1');
const oneOf = (words: readonly string[]) => words[Math.floor(random.unit() * words.length)] ?? '';

function anyTarget(): string {
  const count = 1 + Math.floor(random.unit() * 7);
  return oneOf(BEFORE) + Array.from({ length: count }, () => oneOf(PIECES)).join('');
}

/** The path of a target, an absolute one's as well. */
function pathOf(target: string): string | undefined {
  const rest = target.startsWith('http://') ? target.slice('http://'.length) : target;
  const authority = rest === target ? '' : (/^[^/?#]*/.exec(rest)?.[0] ?? '');
  return /^\/[^?#]*/s.exec(rest.slice(authority.length))?.[0];
}

describe('the route of a request', () => {
  it('is the one that a second reading of its target finds, or none: 100,000 targets', () => {
    let [found, refused] = [0, 0];
    for (let left = 100_000; left > 0; left -= 1) {
      const target = anyTarget();
      const path = pathOf(target);
      const expected = path === undefined ? undefined : expectedRoute(path);
      try {
        const { route } = matchRoute({ method: 'GET', target });
        found += 1;
        if (route.path !== expected) expect([target, route.path]).toEqual([target, expected]);
      } catch (error) {
        refused += 1;
        if (!(error instanceof ApiRefused)) throw error;
        // A broken escape in a path that is known is told so, and serves nobody.
        const known = error.problem.status === 400 ? expected : undefined;
        if (expected !== known) expect([target, undefined]).toEqual([target, expected]);
      }
    }
    expect(found).toBeGreaterThan(1_000);
    expect(refused).toBeGreaterThan(1_000);
  });
});
