import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { MODEL, USAGE, startGateway, tokensOf } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';
import { understandingAnswer } from './openai-answers.ts';

const RUNS = 40;
const user = { role: 'user', content: 'Bonn' };
const weather = { name: 'weather', parameters: { type: 'object', properties: {} } };

/** The three streams of OpenAI's dialect, and how each ends. */
const STREAMS = [
  {
    path: '/v1/chat/completions',
    what: 'text',
    body: { messages: [user], stream_options: { include_usage: true } },
    last: '[DONE]',
  },
  {
    path: '/v1/chat/completions',
    what: 'tools',
    body: { messages: [user], tools: [{ type: 'function', function: weather }] },
    last: '[DONE]',
  },
  {
    path: '/v1/responses',
    what: 'reasoning and tools',
    body: { input: [user], tools: [{ type: 'function', ...weather }] },
    last: '"type":"response.completed"',
  },
] as const;

let harness: Harness;

beforeAll(async () => {
  harness = await startGateway({ answer: understandingAnswer });
});

afterAll(async () => {
  expect(harness.errors).toEqual([]);
  await harness.stop();
});

/** What arrived until the client left, which it does at this byte, or at the end of all. */
function readUntil(path: string, body: object, cut: number): Promise<string> {
  const text = JSON.stringify({ model: MODEL, stream: true, ...body });
  const head = [
    ...[`POST ${path} HTTP/1.1`, 'host: x', `authorization: Bearer ${harness.key}`],
    ...[`content-length: ${Buffer.byteLength(text)}`, 'connection: close', '', text],
  ];
  const calls = harness.models.counts().calls;
  return new Promise((resolve, reject) => {
    let read = '';
    const socket = connect(harness.port, '127.0.0.1', () => socket.write(head.join('\r\n')));
    socket.on('data', (bytes: Buffer) => {
      read += bytes.subarray(0, cut - read.length).toString('latin1');
      if (read.length >= cut) socket.destroy();
    });
    socket.on('close', () => {
      resolve(read);
    });
    socket.on('error', reject);
    // At byte 0 the client leaves as soon as the model is at work, before it has heard a word.
    if (cut === 0) void called(calls).then(() => socket.destroy());
  });
}

async function called(before: number): Promise<void> {
  while (harness.models.counts().calls === before) await wait(1);
}

describe.each(STREAMS)('a client that leaves $path ($what)', ({ path, body, last }) => {
  it('at any byte leaves a call that is metered whole', async () => {
    const whole = await readUntil(path, body, Infinity);
    expect(whole).toContain(last);
    const before = harness.lines().length;
    let runs = 0;

    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (cut) => {
        const read = await readUntil(path, body, cut);
        expect(read.length).toBeLessThanOrEqual(cut);
        runs += 1;
        while (harness.lines().length < before + runs) await wait(1);
        expect(tokensOf(harness.lines())).toEqual(harness.models.counts().tokens);
        expect(harness.lines().at(-1)).toMatchObject({ ...USAGE, outcome: 'ok', stream: true });
      }),
      { numRuns: RUNS, examples: [[0], [1], [whole.length - 1], [whole.length]] },
    );

    expect(harness.lines()).toHaveLength(harness.models.counts().calls);
  });
});
