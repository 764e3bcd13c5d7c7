import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { formatApiKey } from '../../../domain/api-key.ts';
import { BadRequest } from '../../../domain/dialects/problem.ts';
import { ApiRefused } from '../../../handlers/edge/api-exchange.ts';
import type { Header, Route } from '../../../handlers/edge/api-exchange.ts';
import { createAuthenticate } from '../../../handlers/edge/authenticate.ts';
import { createIdentifyCaller } from '../../../handlers/edge/identify-caller.ts';
import { createMatchRoute } from '../../../handlers/edge/match-route.ts';
import { DEPTH_LIMIT, parseBody } from '../../../handlers/edge/parse-body.ts';
import type { ApiKeyRecord } from '../../../handlers/ports.ts';

const tenant = `t_${'a'.repeat(26)}`;
const parts = { keyId: 'abcdefghij01', secret: 'S'.repeat(43) };
const key = formatApiKey('local', parts);
const record: ApiKeyRecord = {
  ...{ keyId: parts.keyId, tenant, costCenter: null, project: null },
  ...{ secretMac: parts.secret, expiresMs: 1000, revokedMs: null, teams: [] },
};

const identify = createIdentifyCaller({
  authenticate: createAuthenticate({
    store: { findKey: (id) => Promise.resolve(id === parts.keyId ? record : undefined) },
    secrets: { mac: (secret) => secret, equal: (left, right) => left === right },
    clock: { now: () => 0 },
  }),
  onError: (error) => {
    throw error;
  },
});

async function statusOf(headers: readonly Header[]): Promise<number> {
  try {
    return (await identify(headers)).tenant === tenant ? 200 : 500;
  } catch (error) {
    if (error instanceof ApiRefused) return error.problem.status;
    throw error;
  }
}

describe('who is calling', () => {
  it('is nobody with a key that differs in any letter', async () => {
    expect(await statusOf([['authorization', `Bearer ${key}`]])).toBe(200);
    const at = fc.nat(key.length - 1);
    const letter = fc.string({ minLength: 0, maxLength: 2, unit: 'binary-ascii' });
    await fc.assert(
      fc.asyncProperty(at, fc.nat(2), letter, async (start, cut, put) => {
        const mutated = key.slice(0, start) + put + key.slice(start + cut);
        fc.pre(mutated !== key);
        expect(await statusOf([['x-api-key', mutated]])).toBe(401);
      }),
      { numRuns: 2000 },
    );
  });

  it('does not depend on any header of another name', async () => {
    const name = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
    await fc.assert(
      fc.asyncProperty(name, fc.string(), async (other, value) => {
        const status = await statusOf([
          ['x-api-key', key],
          [other, value],
        ]);
        expect([200, 400, 403]).toContain(status);
        expect(await statusOf([[other, value]])).not.toBe(200);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a route', () => {
  const handle = () => undefined;
  const routes: readonly Route[] = [
    { method: 'GET', path: '/health', access: 'public', handle },
    { method: 'GET', path: '/v1/models', access: 'public', handle },
  ];
  const match = createMatchRoute(routes);

  it('is found by exactly its path, however the target is written', () => {
    const piece = fc.constantFrom(
      ...[
        '/',
        'v1',
        '/v1/models',
        '/health',
        '..',
        '.',
        '%2f',
        '?',
        '#',
        '\\',
        ';',
        ':',
        '@',
        '//',
      ],
      ...['http://', 'HTTPS://', 'a.example', 'models', 'health', ' ', '%00'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const target = pieces.join('');
        let found: string | undefined;
        try {
          found = match({ method: 'GET', target }).route.path;
        } catch (error) {
          expect((error as ApiRefused).problem.status).toBe(404);
        }
        const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/, '');
        expect(found).toBe(routes.find((route) => route.path === path)?.path);
      }),
      { numRuns: 2000 },
    );
  });

  it('names parts of its path, which are decoded once and only after it was chosen', () => {
    const path = '/model/{modelId}/converse';
    const named: Route = { ...routes[0], method: 'GET', path, access: 'public', handle: () => 0 };
    const find = createMatchRoute([...routes, named]);
    const modelOf = (segment: string) =>
      find({ method: 'GET', target: `/model/${segment}/converse?a=b` }).params;

    expect(modelOf('amazon.nova-lite-v1:0')).toEqual({ modelId: 'amazon.nova-lite-v1:0' });
    expect(modelOf('arn%3Aaws%3Ax%2Fy')).toEqual({ modelId: 'arn:aws:x/y' });
    expect(modelOf('a%252Fb')).toEqual({ modelId: 'a%2Fb' });
    expect(() => modelOf('a%ff')).toThrow('broken escape');
    expect(() => modelOf('a/b')).toThrow('no such path');
    expect(() => modelOf('')).toThrow('no such path');
    expect(() => createMatchRoute([named, { ...named, path: '/model/{other}/converse' }])).toThrow(
      'got two',
    );
  });

  it('may not be there twice', () => {
    expect(() => createMatchRoute([...routes, ...routes])).toThrow('route GET /health: got two');
  });
});

describe('a body', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
      : 0;

  it('is read as JSON is, but for what nests too deep', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.nat(40), (inner, wraps) => {
        const text = `${'['.repeat(wraps)}${inner}${']'.repeat(wraps)}`;
        const plain: unknown = JSON.parse(text);
        const parse = () => parseBody(new TextEncoder().encode(text));
        if (depthOf(plain) > DEPTH_LIMIT) expect(parse).toThrow(BadRequest);
        else expect(parse()).toEqual(plain);
      }),
    );
  });
});
