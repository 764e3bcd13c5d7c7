import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { ModelCall } from '../../domain/model-call.ts';
import type { SimulatedAnswer } from '../../runtime/local/simulated/simulated-bedrock.ts';
import { USAGE, startGateway, tokensOf } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';

const RUNS = 40;

/** One streaming operation, and what its stream ends with. */
export interface LeavingStream {
  readonly what: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body: object;
  readonly last: string;
}

/** Everything a model can say, in few pieces. */
function answer(call: ModelCall): SimulatedAnswer {
  const chunk = { type: 'chunk', bytes: Buffer.from('{"said":"word"}') } as const;
  const words = [
    ...[{ type: 'reasoning', text: 'I think' } as const, 'so ', 'it is'],
    { type: 'tool_use', toolUseId: 't1', name: 'weather' } as const,
    { type: 'tool_input', json: '{"city":"Oslo"}' } as const,
  ];
  const text = call.kind === 'invoke' ? [chunk, chunk, chunk] : words;
  return { usage: USAGE, firstByteMs: 1, generateMs: 8, text };
}

/** A client that disconnects at any byte of a stream: its call is metered whole, as the model counted it. */
export function describeLeaving(
  dialect: string,
  streams: readonly LeavingStream[],
  says: (call: ModelCall) => SimulatedAnswer = answer,
): void {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startGateway({ answer: says });
  });

  afterAll(async () => {
    expect(harness.errors).toEqual([]);
    await harness.stop();
  });

  /** What arrived until the client left, which it does at this byte, or at the end of all. */
  function readUntil({ path, headers = [], body }: LeavingStream, cut: number): Promise<string> {
    const text = JSON.stringify(body);
    const head = [
      ...[`POST ${path} HTTP/1.1`, 'host: x', `authorization: Bearer ${harness.key}`, ...headers],
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

  async function linesBeyond(count: number): Promise<void> {
    while (harness.lines().length < count) await wait(1);
  }

  describe.each(streams)(`${dialect}: a client that leaves $what`, (stream) => {
    it('at any byte leaves a call that is metered whole', async () => {
      const before = harness.lines().length;
      const whole = await readUntil(stream, Infinity);
      expect(whole).toContain(stream.last);
      await linesBeyond(before + 1);
      let runs = 1;

      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length), async (cut) => {
          const read = await readUntil(stream, cut);
          expect(read.length).toBeLessThanOrEqual(cut);
          runs += 1;
          await linesBeyond(before + runs);
          expect(tokensOf(harness.lines())).toEqual(harness.models.counts().tokens);
          expect(harness.lines().at(-1)).toMatchObject({ ...USAGE, outcome: 'ok', stream: true });
        }),
        { numRuns: RUNS, examples: [[0], [1], [whole.length - 1], [whole.length]] },
      );

      expect(harness.lines()).toHaveLength(harness.models.counts().calls);
    });
  });
}
