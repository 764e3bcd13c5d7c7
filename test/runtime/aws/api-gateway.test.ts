import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { send } from '../local/gateway-harness.ts';
import type { RawReply } from '../local/gateway-harness.ts';
import { readApi } from './harness/api-definition.ts';
import { startApiGateway } from './harness/api-gateway.ts';
import type { ApiGateway } from './harness/api-gateway.ts';
import { installRuntime } from './harness/lambda-runtime.ts';
import type { ProxyEvent } from './harness/proxy-event.ts';
import { PLAN_KEY, smallApi } from './harness/small-api.ts';
import type { SmallApi } from './harness/small-api.ts';

/** The stand-in for API Gateway: what it is believed to do is written down here. */

installRuntime();

type Handler = Parameters<typeof awslambda.streamifyResponse>[0];
type Authorizer = (event: ProxyEvent) => Promise<unknown>;

const allow = (more: Record<string, unknown> = {}) =>
  Promise.resolve({
    principalId: 'p',
    policyDocument: { Statement: [{ Effect: 'Allow', Resource: 'arn:aws:execute-api:*' }] },
    ...more,
  });

const echo: Handler = (event, stream) => {
  const out = awslambda.HttpResponseStream.from(stream, { statusCode: 200, headers: {} });
  out.write(JSON.stringify(event));
  out.end();
  return Promise.resolve();
};

const running: ApiGateway[] = [];
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.close();
});

interface World extends SmallApi {
  readonly invoke?: Handler;
  readonly authorizer?: Authorizer;
}

async function start({ invoke = echo, authorizer = () => allow(), ...api }: World = {}) {
  const functions = { invoke: awslambda.streamifyResponse(invoke), authorizer };
  const gateway = await startApiGateway(readApi(smallApi(api)), functions);
  running.push(gateway);
  const post = (headers: readonly (readonly [string, string])[] = [], body = '{}') =>
    send(gateway, { path: '/closed/one', headers, body });
  const open = () => send(gateway, { method: 'GET', path: '/open' });
  return { gateway, post, open };
}

const eventOf = ({ text }: RawReply) => JSON.parse(text) as ProxyEvent;

describe('a request through API Gateway', () => {
  it('reaches its function as an event with all that came twice', async () => {
    const { gateway } = await start();

    const reply = await send(gateway, {
      path: '/closed/a%20b?x=1&x=2',
      headers: [
        ['X-One', '1'],
        ['X-One', '2'],
      ],
      body: 'äh',
    });

    expect(eventOf(reply)).toMatchObject({
      ...{ resource: '/closed/{name}', pathParameters: { name: 'a b' }, httpMethod: 'POST' },
      headers: { 'X-One': '2' },
      multiValueHeaders: { 'X-One': ['1', '2'] },
      multiValueQueryStringParameters: { x: ['1', '2'] },
      ...{ body: 'äh', isBase64Encoded: false },
    });
  });

  it('carries bytes in base64 where the API says they are binary', async () => {
    const { post } = await start({ binaryTypes: ['*/*'] });

    const event = eventOf(await post([], 'äh'));

    expect([event.isBase64Encoded, event.body]).toEqual([true, 'w6Ro']);
  });

  it('is unknown where no method is', async () => {
    const { gateway } = await start();

    for (const [method, path] of [
      ['GET', '/none'],
      ['PUT', '/open'],
    ] as const) {
      const { status, text } = await send(gateway, { method, path });
      expect([status, text]).toEqual([403, '{"message":"Missing Authentication Token"}']);
    }
  });

  it('is refused when it is longer than 10 MB, or lacks what the validator asks for', async () => {
    const { post } = await start({ required: { 'method.request.header.x-needed': true } });

    expect((await post([], ' '.repeat(10 * 1024 * 1024 + 1))).status).toBe(413);
    expect((await post()).status).toBe(400);
    expect((await post([['X-Needed', 'yes']])).status).toBe(200);
  });
});

describe('a model of bodies', () => {
  const $schema = 'http://json-schema.org/draft-04/schema#';
  const model = { $schema, type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };
  const BODIES = [
    ['{"a":1}', 200],
    ['{"a":1.5,"b":[]}', 200],
    ['{"a":"1"}', 400],
    ['{}', 400],
    ['[]', 400],
    ['{"a":', 400],
    ['', 400],
  ] as const;

  it.each(BODIES)('is matched by what it takes alone: %s', async (body, status) => {
    const { post } = await start({ model });

    for (const type of ['application/json', 'Application/JSON; charset=utf-8']) {
      expect((await post([['content-type', type]], body)).status).toBe(status);
    }
    const { status: untyped, text } = await post([], body);
    expect(untyped).toBe(status);
    if (status === 400) expect(text).toBe('{"message":"Invalid request body"}');
    expect((await post([['content-type', 'text/plain']], body)).status).toBe(200);
  });

  it('is asked after the authorizer and the usage plan', async () => {
    const nobody = await start({
      model,
      authorizer: () => Promise.reject(new Error('Unauthorized')),
    });
    const authorizer = () => allow({ usageIdentifierKey: PLAN_KEY });
    const counted = await start({ model, authorizer, plan: { rate: 9, burst: 9, quota: 1 } });

    expect((await nobody.post()).status).toBe(401);
    expect([(await counted.post()).status, (await counted.post()).status]).toEqual([400, 429]);
  });

  it.each([
    ['expected draft 4', { ...model, $schema: undefined }],
    ['knows no enum', { ...model, properties: { a: { type: 'string', enum: ['x'] } } }],
    ['knows no type: integer', { ...model, properties: { a: { type: 'integer' } } }],
    ['knows no required: ', { ...model, required: [] }],
  ])('is refused where draft 4 may mean something else: %s', (said, differs) => {
    expect(() => readApi(smallApi({ model: differs }))).toThrow(said);
  });
});

describe('an authorizer', () => {
  it('gives its context to the function, as text', async () => {
    const { post, open } = await start({ authorizer: () => allow({ context: { n: 1, b: true } }) });

    const { requestContext } = eventOf(await post());
    expect(requestContext['authorizer']).toEqual({ n: '1', b: 'true', principalId: 'p' });
    expect(eventOf(await open()).requestContext['authorizer']).toBeNull();
  });

  it.each([
    ['Unauthorized', 401, '{"said":"Unauthorized"}'],
    ['no store', 500, '{"message":"Internal server error"}'],
  ])('that fails with %j keeps the function from being called', async (message, status, text) => {
    const { post } = await start({ authorizer: () => Promise.reject(new Error(message)) });

    const reply = await post();

    expect([reply.status, reply.text]).toEqual([status, text]);
    expect(reply.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
  });

  it('whose policy is of another method, or denies, lets nobody in', async () => {
    for (const Statement of [
      [{ Effect: 'Allow', Resource: 'arn:aws:execute-api:*/GET/*' }],
      [
        { Effect: 'Allow', Resource: '*' },
        { Effect: 'Deny', Resource: ['*/POST/*'] },
      ],
      [],
    ]) {
      const { post } = await start({ authorizer: () => allow({ policyDocument: { Statement } }) });
      expect((await post()).status).toBe(403);
    }
  });

  it('is asked every time, or as seldom as its cache says, by its identity alone', async () => {
    for (const [ttlS, asked] of [
      [0, 3],
      [300, 2],
    ] as const) {
      let calls = 0;
      const { post } = await start({
        ...{ ttlS, identitySource: 'method.request.header.Authorization' },
        authorizer: () => allow({ context: { call: (calls += 1) } }),
      });
      for (const key of ['a', 'a', 'b'])
        expect((await post([['authorization', key]])).status).toBe(200);
      expect(calls).toBe(asked);
      expect((await post()).status).toBe(401);
      expect(calls).toBe(asked);
    }
  });
});

describe('a usage plan', () => {
  const authorizer = () => allow({ usageIdentifierKey: PLAN_KEY });

  it('lets a burst through and then answers 429, refilling steadily', async () => {
    const { post, open } = await start({ authorizer, plan: { rate: 20, burst: 3 } });

    const statuses: number[] = [];
    for (let n = 0; n < 6; n += 1) statuses.push((await post()).status);

    expect(statuses.slice(0, 3)).toEqual([200, 200, 200]);
    expect(statuses).toContain(429);
    expect((await open()).status).toBe(200);
    await wait(100);
    expect((await post()).status).toBe(200);
  });

  it('ends with its quota', async () => {
    const { post } = await start({ authorizer, plan: { rate: 1000, burst: 1000, quota: 2 } });

    expect([(await post()).status, (await post()).status]).toEqual([200, 200]);
    const { status, text } = await post();
    expect([status, text]).toEqual([429, '{"message":"Limit Exceeded"}']);
  });

  it('knows only keys that the authorizer names, whatever the caller presents', async () => {
    const plan = { rate: 1000, burst: 1000 };
    for (const usageIdentifierKey of [undefined, 'another-key-of-the-small-api']) {
      const { post } = await start({ plan, authorizer: () => allow({ usageIdentifierKey }) });
      expect((await post([['x-api-key', PLAN_KEY]])).status).toBe(403);
    }
  });
});

describe('a function that streams', () => {
  const head = (statusCode: number, headers: Record<string, string> = {}) => ({
    statusCode,
    headers,
  });

  it('says its status and headers first; some of them go by another name', async () => {
    const { open } = await start({
      invoke: (_event, stream) => {
        const headers = { 'www-authenticate': 'Bearer', 'content-length': '99', 'x-a': 'b' };
        const out = awslambda.HttpResponseStream.from(stream, head(418, headers));
        out.write('short');
        out.end();
        return Promise.resolve();
      },
    });

    const { status, headers, text } = await open();

    expect([status, text]).toEqual([418, 'short']);
    expect(headers).toMatchObject({ 'x-a': 'b', 'x-amzn-remapped-www-authenticate': 'Bearer' });
    expect(headers['content-length']).toBeUndefined();
  });

  it.each<[string, Handler]>([
    ['that throws before its metadata', () => Promise.reject(new Error('broken'))],
    ['that never writes', (_event, stream) => Promise.resolve(void stream.end())],
    ['that returns before it has ended its stream', () => Promise.resolve()],
    [
      'that ends what it never began',
      (_event, stream) => {
        awslambda.HttpResponseStream.from(stream, head(200)).end();
        return Promise.resolve();
      },
    ],
  ])('%s is answered for with 502', async (_, invoke) => {
    const { open } = await start({ invoke });

    const { status, text } = await open();

    expect([status, text]).toEqual([502, '{"message":"Internal server error"}']);
  });

  it.each<[string, Handler, number]>([
    [
      'throws',
      async (_event, stream) => {
        awslambda.HttpResponseStream.from(stream, head(200)).write('begun');
        await wait(20);
        throw new Error('broken');
      },
      30,
    ],
    [
      'runs out of time',
      async (_event, stream) => {
        awslambda.HttpResponseStream.from(stream, head(200)).write('begun');
        await wait(1500);
        stream.end();
      },
      1,
    ],
  ])('cuts the connection if it %s afterwards', async (_, invoke, timeoutS) => {
    const { gateway } = await start({ invoke, timeoutS });

    const reply = await fetch(`http://127.0.0.1:${gateway.port}/open`);

    expect(reply.status).toBe(200);
    await expect(reply.text()).rejects.toThrow('terminated');
  });

  it('is told nothing of a client that leaves, and runs to its end', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<undefined>();
    const told: string[] = [];
    let ended = false;
    const { gateway } = await start({
      invoke: async (_event, stream) => {
        for (const name of ['close', 'error', 'drain']) stream.on(name, () => told.push(name));
        const out = awslambda.HttpResponseStream.from(stream, head(200));
        out.write('one');
        begin(undefined);
        await wait(100);
        out.write('two');
        ended = true;
        out.end();
        told.push('end');
      },
    });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write('GET /open HTTP/1.1\r\nhost: x\r\n\r\n');
    await begun;
    socket.destroy();
    await once(socket, 'close');

    await gateway.close();
    running.length = 0;

    expect([ended, told[0]]).toEqual([true, 'end']);
  });
});

describe('a template', () => {
  it('that the harness cannot behave as is refused', () => {
    expect(() => readApi(smallApi({ streams: false }))).toThrow('expected a proxy that streams');
    expect(() => readApi({ Resources: {} })).toThrow('expected one RestApi');
  });
});
