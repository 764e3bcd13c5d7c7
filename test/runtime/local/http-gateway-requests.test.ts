import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { send, sendBytes, startGateway } from './gateway-harness.ts';
import type { Harness, RawReply } from './gateway-harness.ts';

let harness: Harness;
let bearer: readonly [string, string];

beforeAll(async () => {
  harness = await startGateway();
  bearer = ['authorization', `Bearer ${harness.key}`];
});

afterAll(async () => {
  await harness.stop();
  expect(harness.errors).toEqual([]);
});

interface ErrorBody {
  readonly error: { readonly code: string | null; readonly message: string };
}

function errorOf({ text }: RawReply): ErrorBody['error'] {
  return (JSON.parse(text) as ErrorBody).error;
}

describe('the path', () => {
  const get = (path: string, method = 'GET') => send(harness, { method, path, headers: [bearer] });

  it.each([
    ...[
      '/',
      '/v1',
      '/v1/',
      '/v1/models/',
      '//v1/models',
      '/v1//models',
      '/v1/./models',
      '/V1/models',
    ],
    ...[
      '/health/../v1/models',
      '/v1/%6dodels',
      '/v1/models%2f',
      '/v1/models;x',
      '/v1/models/x/y',
      '*',
    ],
    ...['/v1/models%00', 'v1/models', '\\v1\\models', '/health/', '/__proto__', '/constructor'],
  ])('is taken as it came: %s is not found', async (path) => {
    const reply = await get(path);

    // Node itself refuses a target that is neither a path nor an URL.
    expect([400, 404]).toContain(reply.status);
    if (reply.status === 404) expect(errorOf(reply).code).toBe('unknown_url');
  });

  it('is the path of an absolute target, whatever Host says', async () => {
    expect((await get('http://evil.example/v1/models')).status).toBe(200);
    expect((await get('http://evil.example/health/../v1/models')).status).toBe(404);
    expect((await get('http://evil.example@x/health')).status).toBe(200);
    expect((await get('http://evil.example?/v1/models')).status).toBe(404);
    const bytes = 'GET http://a/v1/models HTTP/1.1\r\nhost: b/health\r\nconnection: close\r\n\r\n';
    expect(await sendBytes(harness, bytes)).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('does not include the query', async () => {
    expect((await get('/v1/models?a=/health')).status).toBe(200);
    expect((await send(harness, { method: 'GET', path: '/v1/models?/health' })).status).toBe(401);
  });

  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['PUT', '/v1/chat/completions', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['DELETE', '/v1/models', 'GET'],
    ['OPTIONS', '/health', 'GET'],
  ])('answers %s %s with 405 in JSON', async (method, path, allow) => {
    const reply = await get(path, method);

    expect(reply.status).toBe(405);
    expect(reply.headers.allow).toBe(allow);
    expect(errorOf(reply).code).toBe('method_not_supported');
  });
});

describe('a body without a length', () => {
  it('is counted where it does not say how long it is', async () => {
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${harness.key}\r\n`;
    const bytes = `${head}transfer-encoding: chunked\r\n\r\n${chunk.repeat(65)}0\r\n\r\n`;

    expect(await sendBytes(harness, bytes)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is not read for a caller without a key', async () => {
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n';

    expect(await sendBytes(harness, `${head}{`)).toMatch(/^HTTP\/1\.1 401 /);
  });
});
