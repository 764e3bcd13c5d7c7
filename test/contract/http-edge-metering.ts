import { afterEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { setTimeout as wait } from 'node:timers/promises';
import { MODEL, answerOf, chatBody, tokensOf } from '../runtime/local/gateway-harness.ts';
import type { EdgeHarness, StartGateway } from '../runtime/local/gateway-harness.ts';

const messages = [{ role: 'user' as const, content: 'hello' }];
const streamed = { model: MODEL, messages, stream: true as const };
/** What every edge keeps to, whatever becomes of its client: each call is metered, once and whole. */
export function describeEdgeMetering(name: string, startGateway: StartGateway): void {
  describe(`metering on an HTTP edge: ${name}`, () => {
    const running: EdgeHarness[] = [];

    async function start(options?: Parameters<StartGateway>[0]): Promise<EdgeHarness> {
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
  });
}
