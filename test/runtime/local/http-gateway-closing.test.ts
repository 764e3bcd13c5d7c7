import { describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { MODEL, chatBody, gatedLog, startGateway } from './gateway-harness.ts';
import { stoppedAfterEach } from './stopped-gateways.ts';

const messages = [{ role: 'user' as const, content: 'hello' }];
const start = stoppedAfterEach(startGateway);

describe('closing', () => {
  it('answers what runs, refuses what comes, and waits for the settling', async () => {
    const gate = gatedLog();
    const harness = await start({ log: gate.log });
    const call = harness.sdk().chat.completions.create({ model: MODEL, messages });
    await gate.asked;

    let closed = false;
    const closing = harness.drain().then(() => (closed = true));
    await wait(30);
    await expect(fetch(`${harness.url}/health`)).rejects.toThrow();
    expect(closed).toBe(false);
    gate.open();

    const { id } = await call;
    await closing;
    const reservation = await harness.store.findReservation(id.slice('chatcmpl-'.length), 1);
    expect(reservation?.state).toBe('SETTLED');
  });

  it('refuses the next request of a connection that is still in use', async () => {
    const gate = gatedLog();
    const harness = await start({ log: gate.log });
    const body = chatBody();
    const socket = connect(harness.port, '127.0.0.1');
    const closed = once(socket, 'close');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: ${harness.key}\r\n` +
        `content-length: ${body.length}\r\n\r\n${body}`,
    );
    await gate.asked;

    const closing = harness.drain();
    socket.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n');
    await wait(100);
    gate.open();
    await closing;
    await closed;

    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
  });

  it('gives up after its time, and says how many calls it left', async () => {
    const gate = gatedLog();
    const harness = await start({ log: gate.log, drainMs: 40 });
    const call = harness.sdk().chat.completions.create({ model: MODEL, messages });
    const left = expect(call).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
    await gate.asked;

    await harness.drain();

    await left;
    expect(harness.errors.map(String)).toEqual([
      'Error: close: got 1 calls after 40 ms, expected 0',
    ]);
    gate.open();
    await wait(20);
  });
});
