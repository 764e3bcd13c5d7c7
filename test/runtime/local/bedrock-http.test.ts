import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import { contentOf } from '../../../domain/converse-blocks.ts';
import type { ModelCall } from '../../../domain/model-call.ts';
import { createBedrockHttp } from '../../../runtime/local/bedrock-http.ts';
import { startSimulatedBedrock } from '../../../runtime/local/simulated/simulated-bedrock-server.ts';
import type { SimulatedBedrockServer } from '../../../runtime/local/simulated/simulated-bedrock-server.ts';
import { listen, stop } from '../../aws/stand-ins/aws-json-server.ts';
import { describeBedrockClient } from '../../contract/bedrock-client.ts';
import { converseCall, eventsOf } from '../../contract/model-client.ts';

describeBedrockClient('Bedrock over HTTP/1.1, without an SDK', {
  modelsOf: (endpoint, silenceMs = 20_000) => createBedrockHttp({ endpoint, silenceMs }),
});

describe('Bedrock over HTTP/1.1, without an SDK', () => {
  /** Requests that a server was sent, on how many connections. */
  async function watched(use: (endpoint: string) => Promise<unknown>) {
    const heard: { readonly url: string; readonly headers: NodeJS.Dict<string | string[]> }[] = [];
    let connections = 0;
    const server = createServer(({ url = '', headers }, response) => {
      heard.push({ url, headers });
      response.writeHead(429, { 'x-amzn-errortype': 'ThrottlingException:http://aws' });
      response.end('{"message":"slow down"}');
    });
    server.on('connection', () => (connections += 1));
    await use(await listen(server));
    await stop(server);
    return { heard, connections };
  }

  it('shows its token, and asks below the path of the endpoint', async () => {
    const { heard } = await watched(async (endpoint) => {
      const models = createBedrockHttp({ endpoint: `${endpoint}/below/`, token: 'secret-1' });
      const call = converseCall({ modelRequested: 'arn:aws:bedrock:us-east-1::x/y' });
      const { error } = await eventsOf(models, call);
      expect(error).toMatchObject({
        failure: 'throttled',
        message: 'ThrottlingException: slow down',
      });
      models.close();
    });

    expect(heard[0]?.url).toBe(
      '/below/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Ax%2Fy/converse-stream',
    );
    expect(heard[0]?.headers).toMatchObject({ authorization: 'Bearer secret-1' });
  });

  it('keeps its connections, also after a refusal', async () => {
    const { heard, connections } = await watched(async (endpoint) => {
      const models = createBedrockHttp({ endpoint });
      for (let call = 0; call < 50; call += 1) await eventsOf(models, converseCall());
      models.close();
    });

    // A call that follows at once finds the one before still at its connection.
    expect(heard.length).toBe(50);
    expect(connections).toBeLessThanOrEqual(2);
  });
});

describe('a call whose connection breaks', () => {
  it('is not made again by itself, and nobody says that it used nothing', async () => {
    let calls = 0;
    const server = createServer((request, response) => {
      calls += 1;
      // A connection kept from the call before is the one after which many clients try again.
      if (calls === 1) response.writeHead(429).end('{}');
      else request.socket.destroy();
    });
    const models = createBedrockHttp({ endpoint: await listen(server) });
    const first = await eventsOf(models, converseCall());
    const second = await eventsOf(models, converseCall());
    models.close();
    await stop(server);

    expect(first.error).toMatchObject({ failure: 'throttled' });
    expect(second.error).toMatchObject({ failure: 'cut', usage: null });
    expect(calls).toBe(2);
  });

  it('was not made where no connection came about', async () => {
    const server = createServer();
    const endpoint = await listen(server);
    await stop(server);
    const models = createBedrockHttp({ endpoint });

    const { error } = await eventsOf(models, converseCall());
    models.close();

    expect(error).toMatchObject({ failure: 'upstream_error' });
  });
});

describe('the simulated Bedrock as a server', () => {
  let server: SimulatedBedrockServer;
  beforeEach(async () => {
    server = await startSimulatedBedrock();
  });
  afterEach(() => server.close());

  it('counts calls and tokens, in all and per model, and shows them', async () => {
    const models = createBedrockHttp({ endpoint: server.endpoint });
    for (const modelRequested of ['a.one', 'a.one', 'b.two']) {
      await eventsOf(models, converseCall({ modelRequested }));
    }

    const counters: unknown = await (await fetch(`${server.endpoint}/__counters`)).json();
    expect(counters).toEqual(server.counts());
    // 16 characters asked are 4 tokens.
    expect(counters).toMatchObject({
      ...{ calls: 3, tokens: { input: 12 } },
      models: { 'a.one': { calls: 2, tokens: { input: 8 } }, 'b.two': { calls: 1 } },
    });
  });

  it('is told over HTTP how to fail, and for how long', async () => {
    const models = createBedrockHttp({ endpoint: server.endpoint });
    const post = (body: unknown) =>
      fetch(`${server.endpoint}/__mode`, { method: 'POST', body: JSON.stringify(body) });
    await post({ mode: 'throttle', calls: 2 });

    const failures = [];
    for (let call = 0; call < 3; call += 1) {
      failures.push((await eventsOf(models, converseCall())).error?.message ?? 'none');
    }

    expect(failures).toEqual([
      expect.stringContaining('Throttling'),
      expect.stringContaining('Throttling'),
      'none',
    ]);
    expect((await post({ mode: 'explode' })).status).toBe(400);
  });

  it('never fails unless it is asked to', async () => {
    const models = createBedrockHttp({ endpoint: server.endpoint });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => eventsOf(models, converseCall())),
    );

    expect(answers.every(({ error }) => error === null)).toBe(true);
    expect(new Set(answers.map(({ events }) => JSON.stringify(contentOf(events)))).size).toBe(1);
  });

  it('refuses what Bedrock would refuse', async () => {
    const call = converseCall({ request: { messages: [{ role: 'user', content: [] }] } });
    const broken = { ...call, request: { messages: 'none' } } as unknown as ModelCall;

    const { error } = await eventsOf(createBedrockHttp({ endpoint: server.endpoint }), broken);
    expect(error).not.toBeNull();
    const response = await fetch(`${server.endpoint}/model/x/unknown`, { method: 'POST' });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('ValidationException');
  });
});
