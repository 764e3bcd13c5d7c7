import { afterEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ModelCall } from '../../domain/model-call.ts';
import {
  MODEL,
  answerOf,
  chatBody,
  gatedLog,
  send,
  tokensOf,
} from '../runtime/local/gateway-harness.ts';
import type { Harness, StartGateway } from '../runtime/local/gateway-harness.ts';

const messages = [{ role: 'user' as const, content: 'hello' }];
const streamed = { model: MODEL, messages, stream: true as const };
/** What every edge keeps to, whatever becomes of its client: each call is metered, once and whole. */
export function describeEdgeMetering(name: string, startGateway: StartGateway): void {
  describe(`metering on an HTTP edge: ${name}`, () => {
    const running: Harness[] = [];

    async function start(options?: Parameters<StartGateway>[0]): Promise<Harness> {
      const harness = await startGateway(options);
      running.push(harness);
      return harness;
    }

    afterEach(async () => {
      for (const harness of running.splice(0)) await harness.stop();
    });

    describe('a client that leaves', () => {
      it.each([
        ['before the first word', 0],
        ['at the first word', 1],
        ['in the middle', 10],
        ['near the end', 20],
      ])('is metered whole: %s', async (_when, chunksRead) => {
        const harness = await start({
          answer: () => answerOf({ firstByteMs: 30, generateMs: 120 }),
        });
        const controller = new AbortController();
        const { signal } = controller;
        const call = harness.sdk().chat.completions.create(streamed, { signal });
        if (chunksRead === 0) {
          while (harness.models.counts().calls === 0) await wait(1);
          controller.abort();
          await expect(call).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
        } else {
          let read = 0;
          for await (const chunk of await call) {
            expect(chunk.object).toBe('chat.completion.chunk');
            if ((read += 1) === chunksRead) break;
          }
          expect(read).toBe(chunksRead);
        }

        await harness.drain();

        const [line, ...more] = harness.lines();
        expect(more).toEqual([]);
        expect(line?.outcome).toBe('ok');
        expect(tokensOf(harness.lines())).toEqual(harness.models.counts().tokens);
        expect(harness.models.counts().calls).toBe(1);
        const reservation = await harness.store.findReservation(line?.id ?? '', 1);
        expect(reservation?.state).toBe('SETTLED');
        expect(harness.errors).toEqual([]);
      });

      it('is metered too when it waited for a whole answer', async () => {
        const harness = await start();
        const controller = new AbortController();
        const { signal } = controller;
        const call = harness.sdk().chat.completions.create({ model: MODEL, messages }, { signal });
        const left = expect(call).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
        while (harness.models.counts().calls === 0) await wait(1);
        controller.abort();
        await left;

        await harness.drain();

        expect(tokensOf(harness.lines())).toEqual(harness.models.counts().tokens);
        expect(harness.lines()).toHaveLength(1);
      });
    });

    describe('the last byte', () => {
      it('is seen only when the usage line stands in the journal file', async () => {
        const harness = await start();
        const reply = await fetch(`${harness.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${harness.key}` },
          body: chatBody({ stream: true }),
        });
        const id = reply.headers.get('x-tollbook-event-id') ?? '';
        let journalAtDone: string | undefined;
        let text = '';
        for await (const bytes of reply.body as unknown as AsyncIterable<Uint8Array>) {
          text += new TextDecoder().decode(bytes);
          if (text.includes('[DONE]')) journalAtDone ??= harness.journalText();
        }

        expect(id).not.toBe('');
        expect(journalAtDone).toContain(`"id":"${id}"`);
      });

      it.each([true, false])('waits for a slow journal (streamed: %j)', async (stream) => {
        const gate = gatedLog();
        const harness = await start({ log: gate.log });
        let over = false;
        const reply = send(harness, {
          headers: [['authorization', `Bearer ${harness.key}`]],
          body: chatBody({ stream }),
        }).finally(() => (over = true));
        await gate.asked;
        await wait(50);

        expect(over).toBe(false);
        expect(harness.journalText()).toBe('');
        gate.open();
        expect((await reply).text).toContain(stream ? '[DONE]' : '"finish_reason":"stop"');
        expect(harness.lines()).toHaveLength(1);
      });
    });

    describe('many calls at once', () => {
      it('are as many lines, and as many tokens as the model counted', async () => {
        const harness = await start();
        const openai = harness.sdk();
        const one = async (index: number) => {
          if (index % 2 === 0)
            return (await openai.chat.completions.create({ model: MODEL, messages })).id;
          let id = '';
          for await (const chunk of await openai.chat.completions.create(streamed)) id = chunk.id;
          return id;
        };

        const ids = await Promise.all(Array.from({ length: 200 }, (_, index) => one(index)));

        const lines = harness.lines();
        expect(lines).toHaveLength(200);
        expect(new Set(lines.map(({ id }) => `chatcmpl-${id}`))).toEqual(new Set(ids));
        expect(tokensOf(lines)).toEqual(harness.models.counts().tokens);
        await harness.drain();
        for (const { id } of lines) {
          expect((await harness.store.findReservation(id, 1))?.state).toBe('SETTLED');
        }
      });
    });

    describe('a prompt', () => {
      it('leaves no trace in journal, store, errors or on the terminal, whatever becomes of it', async () => {
        const canary = randomBytes(16).toString('hex');
        const written: string[] = [];
        const spied = [process.stdout, process.stderr].map((stream) => {
          const write = stream.write.bind(stream);
          stream.write = (chunk: string | Uint8Array) => {
            written.push(String(chunk));
            return true;
          };
          return () => (stream.write = write);
        });
        const harness = await start({
          answer: (call) => {
            const temperature = temperatureOf(call);
            if (temperature === 1) throw new Error('broken');
            const failure = temperature === 2 ? ({ failure: 'cut' } as const) : {};
            return answerOf({ text: [canary, canary], ...failure });
          },
        });
        const content = `say ${canary}`;
        const bodies = [
          ...[0, 1, 2].flatMap((temperature) =>
            [true, false].map((stream) =>
              chatBody({ temperature, stream, messages: [{ role: 'user', content }] }),
            ),
          ),
          chatBody({ messages: [{ role: content, content }] }),
          chatBody({ messages: [{ role: 'user', content, name: content }] }),
          chatBody({ [content]: content }),
          chatBody({ stop: { content } }),
          `{"${content}`,
          content,
        ];
        const headers = [['authorization', `Bearer ${harness.key}`]] as const;
        const replies = [];
        for (const body of bodies) replies.push(await send(harness, { headers, body }));
        await harness.drain();
        for (const restore of spied) restore();

        expect(replies.map(({ status }) => status)).toEqual([
          ...[200, 200, 500, 500, 200, 502],
          ...[400, 400, 400, 400, 400, 400],
        ]);
        for (const reply of replies.slice(6)) expect(reply.text).not.toContain(canary);
        const kept = filesUnder(harness.folder).map((path) => readFileSync(path, 'latin1'));
        const told = [
          ...kept,
          ...written,
          ...harness.errors.map((error) => (error as Error).stack),
        ];
        expect(kept.length).toBeGreaterThan(1);
        expect(told.filter((text) => text?.includes(canary))).toEqual([]);
        expect(told.filter((text) => text?.includes(harness.key))).toEqual([]);
      });
    });
  });
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

function temperatureOf(call: ModelCall): number | undefined {
  return call.kind === 'converse' ? call.request.inferenceConfig?.temperature : undefined;
}
