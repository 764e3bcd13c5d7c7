import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chatBody, send, sendBytes } from '../runtime/local/gateway-harness.ts';
import type { EdgeHarness, RawReply, StartGateway } from '../runtime/local/gateway-harness.ts';

type Pairs = readonly (readonly [string, string])[];

/** Who is calling, whatever headers and bodies say. */
export function describeEdgeSecurity(name: string, start: StartGateway): void {
  describe(`who may call an HTTP edge: ${name}`, () => {
    let harness: EdgeHarness;
    let bearer: readonly [string, string];

    beforeAll(async () => {
      harness = await start();
      bearer = ['authorization', `Bearer ${harness.key}`];
    });

    afterAll(async () => {
      await harness.stop();
      expect(harness.errors).toEqual([]);
    });

    function call(headers: Pairs, body: string | Uint8Array = chatBody()): Promise<RawReply> {
      return send(harness, { headers, body });
    }

    interface ErrorBody {
      readonly error: { readonly code: string | null; readonly message: string };
    }

    function errorOf({ text }: RawReply): ErrorBody['error'] {
      return (JSON.parse(text) as ErrorBody).error;
    }

    /** The tenants that were billed while `work` ran. */
    async function billedBy(work: () => Promise<unknown>): Promise<readonly string[]> {
      const before = harness.lines().length;
      await work();
      return harness
        .lines()
        .slice(before)
        .map(({ tenant }) => tenant);
    }

    describe('the credential', () => {
      it('is read from either header, in any case, and from both if they agree', async () => {
        const cases: Pairs[] = [
          [bearer],
          [['AUTHORIZATION', `bEARER   ${harness.key}`]],
          [['x-api-key', harness.key]],
          [['X-Api-Key', harness.key]],
          [bearer, ['x-api-key', harness.key]],
        ];
        for (const headers of cases) expect((await call(headers)).status).toBe(200);
      });

      it.each([
        ['none', () => []],
        ['empty', () => [['authorization', '']]],
        ['no token', () => [['authorization', 'Bearer']]],
        ['another scheme', () => [['authorization', `Basic ${harness.key}`]]],
        ['no scheme', () => [['authorization', harness.key]]],
        ['two tokens', () => [['authorization', `Bearer ${harness.key} ${harness.key}`]]],
        ['a list', () => [['x-api-key', `${harness.key}, ${harness.key}`]]],
        ['a damaged secret', () => [['x-api-key', harness.key.replace(/.{12}$/, 'AAA_00000000')]]],
        ['a header of another name', () => [['api-key', harness.key]]],
        ['SQL', () => [['x-api-key', `' OR 1=1 --`]]],
      ] satisfies [string, () => Pairs][])(
        'that is no key is refused with 401: %s',
        async (_, headers) => {
          const reply = await call(headers());

          expect(reply.status).toBe(401);
          expect(errorOf(reply).code).toBe('invalid_api_key');
          expect(reply.headers['www-authenticate']).toBe('Bearer');
        },
      );

      it.each([
        ['two that differ', () => [bearer, ['x-api-key', harness.otherKey]]],
        [
          'one that is broken beside one that works',
          () => [
            ['authorization', 'x'],
            ['x-api-key', harness.key],
          ],
        ],
        ['the same header twice', () => [bearer, bearer]],
        [
          'the same header twice, spelled differently',
          () => [
            ['x-api-key', harness.key],
            ['X-API-KEY', harness.otherKey],
          ],
        ],
        ['underscores for hyphens', () => [['x_api_key', harness.key]]],
        [
          'underscores beside hyphens',
          () => [
            ['x-api-key', harness.key],
            ['X-Api_Key', harness.otherKey],
          ],
        ],
      ] satisfies [string, () => Pairs][])(
        'that is ambiguous is refused with 400: %s',
        async (_, headers) => {
          expect((await call(headers())).status).toBe(400);
        },
      );

      it('decides every route but the health check', async () => {
        for (const [method, path] of [
          ['GET', '/v1/models'],
          ['GET', '/v1/models/x'],
          ['POST', '/v1/chat/completions'],
          ['POST', '/v1/responses'],
          ['POST', '/v1/embeddings'],
        ] as const) {
          expect((await send(harness, { method, path })).status).toBe(401);
        }
      });
    });

    describe('the tenant', () => {
      it('may be repeated in team_id, whichever way it is spelled', async () => {
        for (const name of ['team_id', 'team-id', 'Team_ID', 'TEAM-Id']) {
          const billed = await billedBy(() => call([bearer, [name, harness.tenant]]));
          expect(billed).toEqual([harness.tenant]);
        }
      });

      it('is nobody else, whatever team_id says', async () => {
        const claims = [
          harness.other,
          '',
          'Acme',
          `${harness.tenant},${harness.other}`,
          'undefined',
        ];
        const billed = await billedBy(async () => {
          for (const claim of claims)
            expect((await call([bearer, ['team_id', claim]])).status).toBe(403);
        });
        expect(billed).toEqual([]);
      });

      it('is not told apart by two team_id headers', async () => {
        for (const second of ['team_id', 'team-id', 'TEAM_ID']) {
          const headers: Pairs = [bearer, ['team_id', harness.tenant], [second, harness.other]];
          expect((await call(headers)).status).toBe(400);
        }
      });

      const claims = [
        ...[
          'tenant',
          'tenant-id',
          'tenantid',
          'x-tenant',
          'x-tenant-id',
          'x-tenantid',
          'x-team-id',
        ],
        ...[
          'x-team',
          'team',
          'teamid',
          'x-team-name',
          'x-amz-tenant-id',
          'x-amzn-tenant',
          'my-tenant',
        ],
        ...['x-tollbook-tenant', 'tenant-name', 'x-ms-client-tenant-id', 'x-original-tenant'],
      ];
      const spellings: readonly ((name: string) => string)[] = [
        (name) => name,
        (name) => name.toUpperCase(),
        (name) => name.replaceAll('-', '_'),
        (name) => name.replace(/(^|-)./g, (letter) => letter.toUpperCase()),
        (name) => name.replace('-', '_').toUpperCase(),
        (name) => name.replaceAll('-', ''),
      ];

      it('is claimed by no other header: they are refused, not ignored', async () => {
        const billed = await billedBy(async () => {
          for (const name of claims) {
            for (const spell of spellings) {
              const reply = await call([bearer, [spell(name), harness.other]]);
              expect([spell(name), reply.status]).toEqual([spell(name), expectedFor(spell(name))]);
            }
          }
        });
        expect(billed).toEqual([]);
      });

      /** `teamid` with its hyphen back is the one header that may name a team: the wrong one. */
      function expectedFor(name: string): number {
        return /^team[-_]id$/i.test(name) ? 403 : 400;
      }

      it('is not changed by headers that proxies and platforms write', async () => {
        const names = [
          ...['x-forwarded-for', 'x-forwarded-user', 'forwarded', 'x-amzn-oidc-identity', 'cookie'],
          ...[
            'x-amzn-request-context',
            'x-real-ip',
            'x-original-url',
            'x-rewrite-url',
            'via',
            'from',
          ],
          ...['x-http-method-override', 'x-user-id', 'openai-organization', 'openai-project'],
        ];
        const billed = await billedBy(async () => {
          for (const name of names) await call([bearer, [name, harness.other]]);
        });
        expect(billed).toEqual(names.map(() => harness.tenant));
      });

      it.each([
        ['a folded line', 'x-a: b\r\n team_id: OTHER'],
        ['a space before the colon', 'team_id : OTHER'],
        ['a letter beyond ASCII', 'team\u0131d: OTHER'],
        ['a bare carriage return', 'x-a: b\rteam_id: OTHER'],
        ['a NUL', 'x-a: b\0team_id: OTHER'],
        ['two lengths', 'content-length: 3\r\ncontent-length: 4'],
        ['a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked'],
        ['a strange coding', 'transfer-encoding: xchunked'],
      ])('is not smuggled in by %s', async (_, line) => {
        const bytes = [
          'POST /v1/chat/completions HTTP/1.1',
          'host: x',
          `authorization: Bearer ${harness.key}`,
          line.replaceAll('OTHER', harness.other),
          'connection: close',
          '\r\n',
        ].join('\r\n');
        const billed = await billedBy(async () => {
          expect(await sendBytes(harness, bytes)).toMatch(/^HTTP\/1\.1 4\d\d /);
        });
        expect(billed).toEqual([]);
      });
    });

    describe('the body', () => {
      const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

      it.each([
        ['nothing', ''],
        ['half an object', '{"model":'],
        ['two objects', '{}{}'],
        ['a comment', '{} // x'],
        ['NaN', '{"temperature":NaN}'],
        ['deep nesting', nested(33)],
        ['deep nesting inside a call', chatBody({ stop: JSON.parse(nested(32)) as unknown })],
        ['very deep nesting', nested(400_000)],
        ['bytes that are no UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
        ['a byte order mark', '\ufeff{}'],
      ])('is refused with 400 when it is %s', async (_, body) => {
        const reply = await call([bearer], body);

        expect(reply.status).toBe(400);
        expect(errorOf(reply).message).toMatch(/^body: /);
      });

      it('counts no brackets inside text', async () => {
        const content = `${'[{'.repeat(100)}\\"${'['.repeat(100)}`;

        expect(
          (await call([bearer], chatBody({ messages: [{ role: 'user', content }] }))).status,
        ).toBe(200);
      });

      it('may be as long as the limit, and no byte longer', async () => {
        const pad = (bytes: number) => chatBody().padEnd(bytes, ' ');

        expect((await call([bearer], pad(4_194_304))).status).toBe(200);
        const reply = await call([bearer], pad(4_194_305));
        expect(reply.status).toBe(413);
        expect(errorOf(reply).message).toContain('4194304');
      });

      it('may not be compressed: what it becomes could be of any size', async () => {
        expect((await call([bearer, ['content-encoding', 'gzip']])).status).toBe(415);
      });
    });
  });
}
