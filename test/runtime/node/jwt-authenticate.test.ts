import { beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod/mini';
import {
  IssuerSettings,
  createJwtAuthenticate,
  looksLikeJwt,
} from '../../../runtime/node/jwt-authenticate.ts';

const NOW_S = 1_790_000_000;
const clock = { now: () => NOW_S * 1000 };
const TENANT = `t_${'a'.repeat(26)}`;
const ISSUER = 'https://issuer.example/pool';
const OTHER = 'https://other.example/pool';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const jwk = (key: KeyObject, kid: string, alg: string) => ({
  ...{ ...key.export({ format: 'jwk' }), kid, alg, use: 'sig' },
});
const jwks = {
  keys: [jwk(rsa.publicKey, 'rsa-1', 'RS256'), jwk(ec.publicKey, 'ec-1', 'ES256')],
};
const settings = (differs: object = {}) =>
  z.parse(IssuerSettings, {
    issuer: ISSUER,
    audience: 'tollbook',
    jwks,
    token_use: 'access',
    ...differs,
  });

const claims = {
  ...{ iss: ISSUER, aud: 'tollbook', sub: 'user-1', token_use: 'access' },
  ...{ iat: NOW_S - 10, exp: NOW_S + 600, 'custom:tenant': TENANT, 'custom:cost_center': 'cc-7' },
};
const header = { alg: 'ES256', kid: 'ec-1', typ: 'JWT' };
const b64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token of these parts, whatever they are, signed by a key. */
function tokenOf(head: unknown, body: unknown, key: KeyObject = ec.privateKey): string {
  const signed = `${b64(head)}.${b64(body)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const good = (differs: object = {}, head: object = {}) =>
  tokenOf({ ...header, ...head }, { ...claims, ...differs });

function hs256(secret: string | Buffer, head: object = {}): string {
  const signed = `${b64({ ...header, alg: 'HS256', ...head })}.${b64(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const errorsOf: unknown[] = [];
const authenticate = createJwtAuthenticate({
  ...{ issuers: [settings(), settings({ issuer: OTHER, audience: 'other' })], clock },
  onError: (error) => errorsOf.push(error),
});

describe('a token of a known issuer', () => {
  it.each([
    ['ES256', good()],
    ['RS256', tokenOf({ alg: 'RS256', kid: 'rsa-1' }, claims, rsa.privateKey)],
    ['a list of one audience', good({ aud: ['tollbook'] })],
    ['half a minute of skew', good({ exp: NOW_S - 29, iat: NOW_S - 600 })],
  ])('names its tenant: %s', async (_name, token) => {
    expect(looksLikeJwt(token)).toBe(true);
    expect(await authenticate(token)).toEqual({
      ...{ tenant: TENANT, costCenter: 'cc-7', project: null, teams: [] },
      keyId: expect.stringMatching(/^jwt[0-9a-f]{13}$/),
    });
  });

  it('names a user the same for ever, and two users apart', async () => {
    const idOf = async (sub: string) => (await authenticate(good({ sub })))?.keyId;

    expect(await idOf('a')).toBe(await idOf('a'));
    expect(await idOf('a')).not.toBe(await idOf('b'));
  });
});

const spki = rsa.publicKey.export({ format: 'pem', type: 'spki' }) as string;
const twice = JSON.stringify(claims).replace('{', `{"custom:tenant":"t_${'b'.repeat(26)}",`);
const ATTACKS: readonly (readonly [string, string])[] = [
  ['no signature, alg none', `${b64({ alg: 'none' })}.${b64(claims)}.`],
  ['alg None in other letters', `${b64({ alg: 'nOnE' })}.${b64(claims)}.AA`],
  ['alg none with a signature', tokenOf({ ...header, alg: 'none' }, claims)],
  ['HS256 under the public key', hs256(spki, { kid: 'rsa-1' })],
  ['HS256 under an empty key', hs256('')],
  ['HS256 under the kid', hs256('ec-1')],
  ['a kid that is a path', good({}, { kid: '../../../../dev/null' })],
  ['a kid that is SQL', good({}, { kid: "x' UNION SELECT 'a" })],
  ['a kid that nobody knows', good({}, { kid: 'ec-2' })],
  [
    'a jku of its own',
    tokenOf({ ...header, jku: 'https://evil.example/jwks' }, claims, stranger.privateKey),
  ],
  [
    'an x5u of its own',
    tokenOf({ ...header, x5u: 'https://evil.example/x' }, claims, stranger.privateKey),
  ],
  [
    'a key of its own in the header',
    tokenOf(
      { ...header, jwk: jwk(stranger.publicKey, 'ec-1', 'ES256') },
      claims,
      stranger.privateKey,
    ),
  ],
  ["a stranger's signature", tokenOf(header, claims, stranger.privateKey)],
  ['a changed body', good().replace(/\.[^.]+\./, `.${b64({ ...claims, sub: 'root' })}.`)],
  ['the wrong audience', good({ aud: 'other' })],
  ['one audience of several', good({ aud: ['tollbook', 'evil'] })],
  ['the wrong issuer', good({ iss: 'https://issuer.example/pool/' })],
  ["another known issuer's name", good({ iss: OTHER, aud: 'tollbook' })],
  ['no issuer', good({ iss: undefined })],
  ['expired', good({ exp: NOW_S - 31, iat: NOW_S - 700 })],
  ['not valid yet', good({ nbf: NOW_S + 60 })],
  ['without an end', good({ exp: undefined })],
  ['too long a life', good({ exp: NOW_S + 3600 })],
  ['born in the future', good({ iat: NOW_S + 60, exp: NOW_S + 100 })],
  ['an unknown critical header', good({}, { crit: ['b64'], b64: false })],
  ['an id token', good({ token_use: 'id' })],
  ['a claim twice', tokenOf(header, twice)],
  ['a header twice', tokenOf(`{"alg":"none","alg":"ES256","kid":"ec-1"}`, claims)],
  ['no tenant', good({ 'custom:tenant': undefined })],
  ['a tenant that is a list', good({ 'custom:tenant': [TENANT] })],
  ['a tenant with a path', good({ 'custom:tenant': `${TENANT}/../x` })],
  ['a tenant with another beside it', good({ 'custom:tenant': `${TENANT} t_${'b'.repeat(26)}` })],
  ['ES256 under the RSA key', tokenOf({ alg: 'ES256', kid: 'rsa-1' }, claims, rsa.privateKey)],
  ['a body that is no JSON', tokenOf(header, '{')],
  ['nine kilobytes', good({ pad: 'x'.repeat(9000) })],
  ['five parts', `${good()}.AA.AA`],
];

describe('a token that attacks', () => {
  it.each(ATTACKS)('is nobody: %s', async (_name, token) => {
    expect(await authenticate(token)).toBeUndefined();
  });

  it('is not an error of ours, whatever is in it', () => {
    expect(errorsOf).toEqual([]);
  });
});

describe('keys of an issuer over HTTP', () => {
  let asked = 0;
  let url = '';
  const server = createServer((_request, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks));
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  });

  it('are fetched once, and not again for every unknown kid', async () => {
    const remote = createJwtAuthenticate({
      ...{ issuers: [settings({ jwks: url })], clock, onError: () => undefined },
    });

    expect((await remote(good()))?.tenant).toBe(TENANT);
    for (let n = 0; n < 20; n += 1) {
      expect(await remote(good({}, { kid: `unknown-${n}` }))).toBeUndefined();
    }
    expect(asked).toBeLessThanOrEqual(2);
    await new Promise((resolve) => server.close(resolve));
  });

  it('that cannot be fetched let nobody in, and are told', async () => {
    const told: unknown[] = [];
    const remote = createJwtAuthenticate({
      ...{ issuers: [settings({ jwks: url })], clock, onError: (error) => told.push(error) },
    });

    expect(await remote(good())).toBeUndefined();
    expect(told).toHaveLength(1);
  });
});
