import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../../cli/tollbook.ts';
import { chatBody } from './gateway-harness.ts';

const MODEL = 'amazon.nova-2-lite-v1:0';
const HALF_OPEN = 2_000;
const GIGABYTE = 1_073_741_824;

const folder = mkdtempSync(join(tmpdir(), 'tollbook-slow-'));
let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A gateway in a process of its own: what it holds in memory is not this test's. */
async function serve() {
  const started = launch('tollbook', ['serve', '--data', folder, '--port', '0', '--json']);
  child = started;
  const line = await new Promise<string>((resolve) => {
    started.stdout?.once('data', (bytes: Buffer) => {
      resolve(bytes.toString());
    });
  });
  const { address, key } = JSON.parse(line) as { address: string; key: string };
  return { port: Number(new URL(address).port), key, pid: started.pid ?? 0 };
}

type Gateway = Awaited<ReturnType<typeof serve>>;

/** Resident memory of a process in kilobytes. */
function residentOf(pid: number): number {
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)]).stdout.toString());
}

/** How long a list of models takes, in ms. */
async function askMs({ port, key }: Gateway): Promise<number> {
  const startedMs = performance.now();
  const reply = await fetch(`http://127.0.0.1:${port}/v1/models`, {
    headers: { 'x-api-key': key, connection: 'close' },
  });
  await reply.text();
  expect(reply.status).toBe(200);
  return performance.now() - startedMs;
}

async function medianMs(gateway: Gateway): Promise<number> {
  const times: number[] = [];
  for (let left = 21; left > 0; left -= 1) times.push(await askMs(gateway));
  return times.sort((a, b) => a - b)[10] ?? Infinity;
}

/** Sends a body in chunks for as long as anybody takes it. */
function sendEndlessly({ port, key }: Gateway) {
  return new Promise<{ readonly status: number; readonly sent: number }>((resolve, reject) => {
    const chunk = Buffer.alloc(1_048_576, 0x20);
    let [sent, status] = [0, 0];
    const asked = request({
      ...{ port, host: '127.0.0.1', method: 'POST', path: '/v1/chat/completions' },
      headers: { 'x-api-key': key, 'transfer-encoding': 'chunked' },
    });
    asked.on('response', (reply) => {
      status = reply.statusCode ?? 0;
      reply.resume();
    });
    const write = () => {
      while (sent < GIGABYTE && !asked.destroyed) {
        sent += chunk.length;
        if (!asked.write(chunk)) {
          asked.once('drain', write);
          return;
        }
      }
      if (!asked.destroyed) asked.end();
    };
    asked.on('error', () => undefined);
    asked.on('close', () => {
      if (status === 0) reject(new Error(`no answer after ${sent} bytes`));
      else resolve({ status, sent });
    });
    write();
  });
}

describe('a gateway under clients that mean harm', () => {
  it('answers others while 2,000 sockets send half a head, closes those, and takes no gigabyte', async () => {
    const gateway = await serve();
    const beforeMs = await medianMs(gateway);
    const sockets: Socket[] = [];
    let closed = 0;
    const openedMs = performance.now();
    const allClosed = new Promise<void>((resolve) => {
      for (let left = HALF_OPEN; left > 0; left -= 1) {
        const socket = connect(gateway.port, '127.0.0.1', () => {
          socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-a: ');
        });
        socket.on('error', () => undefined);
        socket.resume();
        socket.on('close', () => {
          closed += 1;
          if (closed === HALF_OPEN) resolve();
        });
        sockets.push(socket);
      }
    });

    const duringMs = await medianMs(gateway);
    // Twice is the aim; a machine that others use at the same time gets twenty milliseconds more.
    expect(duringMs).toBeLessThanOrEqual(2 * beforeMs + 20);
    await allClosed;
    expect(performance.now() - openedMs).toBeLessThanOrEqual(15_000);

    const restingKb = residentOf(gateway.pid);
    const { status, sent } = await sendEndlessly(gateway);
    expect(status).toBe(413);
    expect(sent).toBeLessThan(GIGABYTE / 4);
    expect(residentOf(gateway.pid) - restingKb).toBeLessThanOrEqual(20 * 1024);
    const reply = await fetch(`http://127.0.0.1:${gateway.port}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'x-api-key': gateway.key },
      body: chatBody({ model: MODEL }),
    });
    expect(reply.status).toBe(200);
  }, 60_000);
});
