import { describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ModelCall } from '../../domain/model-call.ts';
import { MODEL, answerOf, chatBody, gatedLog, send } from '../runtime/local/gateway-harness.ts';
import type { BreakGateway } from '../runtime/local/gateway-harness.ts';
import { stoppedAfterEach } from '../runtime/local/stopped-gateways.ts';

const messages = [{ role: 'user' as const, content: 'hello' }];

/** What an edge does when something behind it breaks, or takes its time. */
export function describeEdgeFaults(name: string, startGateway: BreakGateway): void {
  describe(`an HTTP edge over what breaks: ${name}`, () => {
    const start = stoppedAfterEach(startGateway);

    describe('an error of ours', () => {
      it('tells an error of ours to the operator, and nothing of it to the caller', async () => {
        const broken = await start({
          answer: () => {
            throw new Error('secret of the house');
          },
        });
        const error = await failureOf(
          broken.sdk().chat.completions.create({ model: MODEL, messages }),
        );
        await broken.drain();

        expect(error.status).toBe(500);
        expect(JSON.stringify(error)).not.toContain('secret');
        expect(broken.errors).toEqual([new Error('secret of the house')]);
      });

      it('refuses a call whose usage line cannot be kept: never an answer that is not metered', async () => {
        const deaf = await start({
          log: () => ({ append: () => Promise.reject(new Error('disk full')) }),
        });
        const body = { model: MODEL, messages };
        const plain = await failureOf(deaf.sdk().chat.completions.create(body));
        const reply = await send(deaf, {
          headers: [['x-api-key', deaf.key]],
          body: chatBody({ stream: true }),
        });
        await deaf.drain();

        expect(plain.status).toBe(500);
        expect(reply.text).not.toContain('[DONE]');
        expect(reply.text).not.toContain('"finish_reason":"stop"');
        expect(deaf.errors).toHaveLength(2);
      });
    });

    describe('the last byte', () => {
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

    describe('the credential', () => {
      it('is not there if the check itself fails, or finds an identity with nothing in it', async () => {
        for (const authenticate of [
          () => Promise.reject(new Error('the store is down')),
          () => Promise.resolve({ tenant: '', keyId: '' } as unknown as undefined),
          () => Promise.resolve({} as unknown as undefined),
        ]) {
          const denied = await start({ authenticate });
          expect(
            (
              await send(denied, {
                headers: [['authorization', `Bearer ${denied.key}`]],
                body: chatBody(),
              })
            ).status,
          ).toBe(401);
          expect(denied.models.counts().calls).toBe(0);
          await denied.drain();
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

/** What the SDK makes of a call that must fail. */
async function failureOf(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OpenAI.APIError) return error;
  throw new Error('expected an APIError', { cause: error });
}
