import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exchange } from '../../../../runtime/aws/signed/http-exchange.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves by this, and gives its address. */
async function serve(listener: RequestListener): Promise<string> {
  const made = createServer(listener);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}/path`;
}

const ask = { method: 'GET', headers: {}, body: '', timeoutMs: 5_000 } as const;

describe('an exchange', () => {
  it('brings the whole answer, whatever its status', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(418);
      response.write('one ');
      setTimeout(() => response.end('two'), 20);
    });

    const { status, bytes } = await exchange(url, ask);

    expect([status, Buffer.from(bytes).toString()]).toEqual([418, 'one two']);
  });

  it('sends a body with its length, in bytes, and none without', async () => {
    const seen: unknown[] = [];
    const url = await serve(({ headers }, response) => {
      seen.push([headers['content-length'], headers['transfer-encoding']]);
      response.end();
    });

    await exchange(url, { ...ask, method: 'POST', body: 'äh' });
    await exchange(url, ask);

    expect(seen).toEqual([
      ['3', undefined],
      [undefined, undefined],
    ]);
  });

  it.each<[string, RequestListener]>([
    ['at all', () => undefined],
    ['to its end', (_request, response) => void response.write('half')],
  ])('gives up where nobody answers %s', async (_, listener) => {
    const url = await serve(listener);

    await expect(exchange(url, { ...ask, timeoutMs: 100 })).rejects.toThrow(/abort/i);
  });

  it('fails where an answer is cut', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '9' });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });

    await expect(exchange(url, ask)).rejects.toThrow();
  });

  it('fails where nobody listens', async () => {
    const url = await serve(() => undefined);
    server?.close();

    await expect(exchange(url, ask)).rejects.toThrow('ECONNREFUSED');
  });
});
