import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { answerOf, chatBody, send, startGateway } from './gateway-harness.ts';
import type { Harness } from './gateway-harness.ts';

let harness: Harness;
afterEach(() => harness.stop());

interface Asked {
  readonly key?: string;
  readonly body?: Record<string, unknown>;
  readonly credential?: string;
  readonly path?: string;
}

function ask({ key = 'order-1', body = {}, credential = harness.key, path }: Asked = {}) {
  return send(harness, {
    headers: [
      ['authorization', `Bearer ${credential}`],
      ['idempotency-key', key],
    ],
    body: chatBody(body),
    ...(path !== undefined && { path }),
  });
}

const calls = () => harness.models.counts().calls;

describe('a call under an idempotency key', () => {
  it.each([false, true])(
    'reaches the model once and is answered alike, streamed: %s',
    async (stream) => {
      harness = await startGateway();

      const first = await ask({ body: { stream } });
      await wait(50);
      const again = await ask({ body: { stream } });

      expect([first.status, again.status]).toEqual([200, 200]);
      expect(again.text).toBe(first.text);
      expect(again.headers['content-type']).toBe(first.headers['content-type']);
      expect(calls()).toBe(1);
      await harness.drain();
      expect(harness.lines()).toHaveLength(1);
    },
  );

  it('is 422 with another body, another route or other parameters', async () => {
    harness = await startGateway();
    await ask();
    await wait(50);

    const other = await ask({ body: { temperature: 0.5 } });
    const route = await ask({ path: '/v1/messages' });

    expect([other.status, route.status]).toEqual([422, 422]);
    expect(other.text).toContain('idempotency_key_reused');
    expect(calls()).toBe(1);
  });

  it('is 409 while the first still runs', async () => {
    harness = await startGateway({ answer: () => answerOf({ firstByteMs: 300 }) });

    const first = ask();
    await wait(100);
    const second = await ask();

    expect(second.status).toBe(409);
    expect((await first).status).toBe(200);
    expect(calls()).toBe(1);
  });

  it('lets one of many at once through', async () => {
    harness = await startGateway();

    const replies = await Promise.all(Array.from({ length: 20 }, () => ask()));

    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(calls()).toBe(1);
  });

  it("belongs to its tenant: another's key of the same name is another key", async () => {
    harness = await startGateway();

    await ask();
    const other = await ask({ credential: harness.otherKey, body: { temperature: 1 } });

    expect(other.status).toBe(200);
    expect(calls()).toBe(2);
  });

  it('can be tried again after a refusal or a failure', async () => {
    let failing = true;
    harness = await startGateway({
      answer: () => answerOf(failing ? { failure: 'upstream_error' } : {}),
    });

    expect((await ask()).status).toBe(502);
    failing = false;
    expect((await ask()).status).toBe(200);
    expect((await ask({ key: 'order-2', body: { model: '' } })).status).toBe(400);
    expect((await ask({ key: 'order-2' })).status).toBe(200);
  });

  it('is answered to whoever left before the end', async () => {
    harness = await startGateway({ answer: () => answerOf({ generateMs: 200 }) });
    const left = new AbortController();
    const gone = fetch(`${harness.url}/v1/chat/completions`, {
      ...{ method: 'POST', signal: left.signal, body: chatBody({ stream: true }) },
      headers: { authorization: `Bearer ${harness.key}`, 'idempotency-key': 'order-1' },
    }).then((reply) => reply.text());
    await wait(80);
    left.abort();
    await gone.catch(() => undefined);
    await wait(500);

    const again = await ask({ body: { stream: true } });

    expect(again.text).toContain('word19');
    expect(again.text).toContain('[DONE]');
    expect(calls()).toBe(1);
  });

  it.each(['', 'a b', 'x'.repeat(256), 'ü'])('is refused where it is not one: %j', async (key) => {
    harness = await startGateway();

    expect((await ask({ key })).status).toBe(400);
    expect(calls()).toBe(0);
  });
});
