import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MODEL, chatBody, send } from '../runtime/local/gateway-harness.ts';
import type { EdgeHarness } from '../runtime/local/gateway-harness.ts';
import type { StartOverServices } from './http-edge-models.ts';

const ISSUER = 'https://issuer.example/pool';
const AUDIENCE = 'tollbook';
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const HEADER = { alg: 'ES256', kid: 'ec-1', typ: 'JWT' };

/** An OIDC issuer on the loopback, as far as its keys. */
async function startIssuer(): Promise<{ server: Server; jwks: string }> {
  const key = { ...own.publicKey.export({ format: 'jwk' }), kid: 'ec-1', alg: 'ES256', use: 'sig' };
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [key] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, jwks: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` };
}

const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function signed(claims: object, key: KeyObject = own.privateKey, header: object = HEADER): string {
  const text = `${b64(header)}.${b64(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** What an issuer says of a user of this tenant, now. */
function claimsOf(tenant: string, differs: object = {}) {
  const nowS = Math.floor(Date.now() / 1000);
  return {
    ...{ iss: ISSUER, aud: AUDIENCE, sub: 'user-1', iat: nowS - 5, exp: nowS + 600 },
    ...{ tenant, cost_center: 'cc-7', ...differs },
  };
}

/** Tokens that nobody should believe, of a user of this tenant. */
const FORGED: readonly (readonly [string, (tenant: string) => string])[] = [
  ["a stranger's signature", (tenant) => signed(claimsOf(tenant), stranger.privateKey)],
  [
    'a body that was changed',
    (tenant) => signed(claimsOf('t_other')).replace(/\.[^.]+\./, `.${b64(claimsOf(tenant))}.`),
  ],
  ['no signature', (tenant) => `${b64({ alg: 'none' })}.${b64(claimsOf(tenant))}.`],
  ['an end that is past', (tenant) => signed(claimsOf(tenant, { iat: 1, exp: 600 }))],
  ['another audience', (tenant) => signed(claimsOf(tenant, { aud: 'other' }))],
  ['another issuer', (tenant) => signed(claimsOf(tenant, { iss: 'https://evil.example' }))],
  ['no tenant', () => signed(claimsOf('', { tenant: undefined }))],
];

/** Tokens of an issuer, through everything that stands in front of a call. */
export function describeEdgeTokens(name: string, start: StartOverServices): void {
  describe(`tokens on an HTTP edge: ${name}`, () => {
    let harness: EdgeHarness;
    let server: Server;

    beforeAll(async () => {
      const issuer = await startIssuer();
      ({ server } = issuer);
      const claims = { tenant_claim: 'tenant', cost_center_claim: 'cost_center' };
      const { jwks } = issuer;
      harness = await start({ issuers: [{ issuer: ISSUER, audience: AUDIENCE, jwks, ...claims }] });
    });
    afterAll(async () => {
      await harness.stop();
      server.closeAllConnections();
      server.close();
      expect(harness.errors).toEqual([]);
    });

    const called = (headers: readonly (readonly [string, string])[]) =>
      send(harness, { headers, body: chatBody() });
    const bearer = (token: string) => ['authorization', `Bearer ${token}`] as const;

    it.each(['authorization', 'x-api-key'])(
      'a call is metered for the tenant that the token names: in %s',
      async (header) => {
        for (const tenant of [harness.tenant, harness.other]) {
          const token = signed(claimsOf(tenant));
          const reply = await called([header === 'x-api-key' ? [header, token] : bearer(token)]);

          expect([reply.status, reply.text]).toEqual([200, expect.stringContaining('word0')]);
          expect(harness.lines().at(-1)).toMatchObject({
            ...{ tenant, cost_center: 'cc-7', model: MODEL, outcome: 'ok' },
            key: expect.stringMatching(/^jwt[0-9a-f]{13}$/) as unknown,
          });
        }
      },
    );

    it.each(FORGED)('one with %s opens nothing', async (_, forged) => {
      const [lines, { calls }] = [harness.lines().length, harness.models.counts()];

      const reply = await called([bearer(forged(harness.tenant))]);

      expect(reply.status).toBe(401);
      expect([harness.lines().length, harness.models.counts().calls]).toEqual([lines, calls]);
    });

    it('a token acts for its own tenant and no other', async () => {
      const lines = harness.lines().length;

      const reply = await called([
        bearer(signed(claimsOf(harness.tenant))),
        ['team_id', harness.other],
      ]);

      expect([reply.status, harness.lines().length]).toEqual([403, lines]);
    });

    it("beside another tenant's key it opens nothing", async () => {
      const lines = harness.lines().length;

      const reply = await called([
        bearer(signed(claimsOf(harness.tenant))),
        ['x-api-key', harness.otherKey],
      ]);

      expect([reply.status, harness.lines().length]).toEqual([400, lines]);
    });
  });
}
