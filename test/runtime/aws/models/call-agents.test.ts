import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createCallAgents } from '../../../../runtime/aws/models/call-agents.ts';

let server: Server;
let connections: Socket[];
let endpoint: string;

beforeEach(async () => {
  connections = [];
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"stopReason":"end_turn"}');
  });
  server.on('connection', (socket: Socket) => connections.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function callTwice(requestHandler: NodeHttpHandler): Promise<void> {
  const client = new BedrockRuntimeClient({
    ...{ endpoint, region: 'us-east-1', maxAttempts: 1, requestHandler },
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' },
  });
  for (const modelId of ['one', 'two']) {
    await client.send(new ConverseCommand({ modelId, messages: [] }));
  }
  client.destroy();
}

it('each call has a connection of its own, which ends with it', async () => {
  await callTwice(new NodeHttpHandler(createCallAgents()));

  expect(connections).toHaveLength(2);
  for (const socket of connections) if (!socket.destroyed) await once(socket, 'close');
});

it('where the SDK chose, both would share one', async () => {
  await callTwice(new NodeHttpHandler());

  expect(connections).toHaveLength(1);
});

/** Where the kernel tells of its timers. */
const SOCKETS = '/proc/net/tcp';
const onLinux = existsSync(SOCKETS) ? it : it.skip;

/** Does TCP keep the connection of this local port alive? `02` is the timer that does. */
function isKeptAlive(port: number): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync(SOCKETS, 'utf8').split('\n');
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields.find(([, address]) => address === local)?.[5]?.startsWith('02:') === true;
}

onLinux.each([
  ['while a model thinks', () => createCallAgents().httpAgent, true],
  ['and not with an agent that keeps nothing', () => new Agent({ keepAlive: false }), false],
] as const)('TCP keeps a connection alive %s', async (_, agentOf, expected) => {
  const seen: boolean[] = [];
  server.removeAllListeners('request');
  server.on('request', ({ socket }, response) => {
    setTimeout(() => {
      seen.push(isKeptAlive(socket.remotePort ?? 0));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"stopReason":"end_turn"}');
    }, 300);
  });

  await callTwice(new NodeHttpHandler({ httpAgent: agentOf() }));

  expect(seen).toEqual([expected, expected]);
});
