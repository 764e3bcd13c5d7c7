import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runChecks } from '../../../runtime/aws/smoke/check.ts';
import { readDeployment } from '../../../runtime/aws/smoke/deployment.ts';
import { gatewayChecks, revocationCheck } from '../../../runtime/aws/smoke/gateway-checks.ts';

const KEY = 'the-key';

/** How the gateway under test goes wrong. */
interface Faults {
  readonly open?: true;
  readonly buffered?: true;
  readonly cut?: true;
  readonly deaf?: true;
}

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A gateway as it should be, or with a fault. @returns what the checks said. */
async function smoke(faults: Faults = {}): Promise<string[]> {
  let live = true;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const { authorization, 'x-api-key': apiKey } = request.headers;
    const known = live && (authorization === `Bearer ${KEY}` || apiKey === KEY);
    if (request.url === '/health') response.end('{"status":"ok"}');
    else if (request.url === '/v1/nothing') refuse(response, 404);
    else if (!known && !faults.open) refuse(response, 401);
    else answer(response, faults);
  };
  server = createServer(serve).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let nowMs = 0;
  const props = {
    ...{ baseUrl, model: 'any', key: () => Promise.resolve(KEY) },
    revoke: () => {
      live = faults.deaf ?? false;
      return Promise.resolve();
    },
    clock: {
      now: () => nowMs,
      sleep: (ms: number) => {
        nowMs += ms;
        return Promise.resolve();
      },
    },
  };
  const said: string[] = [];
  await runChecks([...gatewayChecks(props), revocationCheck(props)], (line) => said.push(line));
  return said;
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status).end(JSON.stringify({ error: { message: 'no' } }));
}

function answer(response: ServerResponse, { buffered, cut }: Faults): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const end = cut ? '' : 'data: [DONE]\n\n';
  if (buffered) {
    response.end(`data: {}\n\n${end}`);
    return;
  }
  response.write('data: {}\n\n');
  setTimeout(() => response.end(`data: {}\n\n${end}`), 50);
}

describe('the smoke test', () => {
  it('passes a gateway that is as it should be', async () => {
    const said = await smoke();

    expect(said.filter((line) => line.startsWith('FAILED'))).toEqual([]);
    expect(said.at(-1)).toBe('6 passed, 0 failed');
  });

  it.each<[string, Faults, RegExp]>([
    ['lets everybody in', { open: true }, /without a key .* status: got 200, expected 401/],
    ['keeps an answer until it is whole', { buffered: true }, /streams .* got one piece/],
    ['cuts an answer', { cut: true }, /streams .* expected data: \[DONE\]/],
    ['goes on taking a revoked key', { deaf: true }, /revoked .* still taken after a minute/],
  ])('fails a gateway that %s', async (_, faults, message) => {
    expect((await smoke(faults)).filter((line) => line.startsWith('FAILED')).join('\n')).toMatch(
      message,
    );
  });
});

describe('the outputs of a deployment', () => {
  const names = [
    ...['TenantBaseUrl', 'AdminTable', 'AdminPepper', 'AdminUsageLog', 'AdminStateMachine'],
    ...['AuditorLake', 'AuditorSigningKey', 'AnalystDatabase', 'AnalystWorkGroup'],
  ];

  /** Reads a file with these outputs spread over stacks of two units. */
  function read(outputs: readonly string[]) {
    const folder = mkdtempSync(join(tmpdir(), 'tollbook-outputs-'));
    try {
      const file = join(folder, 'cdk-outputs.json');
      const stacks: Record<string, Record<string, string>> = {
        'tollbook-acme-open-gateway': { TenantBaseUrl: 'https://another' },
      };
      for (const [at, name] of outputs.entries()) {
        const stack = (stacks[`tollbook-acme-${'abc'[at % 3]}`] ??= {});
        stack[name] = `https://${name}/`;
      }
      writeFileSync(file, JSON.stringify(stacks));
      return readDeployment(file, 'acme');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('are those of the unit, whatever its stack', () => {
    expect(read(names).baseUrl).toBe('https://TenantBaseUrl');
    expect(read(names).workGroup).toBe('https://AnalystWorkGroup/');
  });

  it('are missed by name', () => {
    expect(() => read(names.slice(2))).toThrow('unit acme has no TenantBaseUrl, no AdminTable');
  });
});
