import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ApiRefused } from '../../../../handlers/edge/api-exchange.ts';
import { createLambdaEdge } from '../../../../runtime/aws/edge/lambda-edge.ts';
import type { EdgeEvent } from '../../../../runtime/aws/edge/lambda-edge.ts';
import { edgeRequest } from '../../../../runtime/aws/edge/lambda-request.ts';
import { createLambdaResponse } from '../../../../runtime/aws/edge/lambda-response.ts';
import { openOnce } from '../../../../runtime/aws/open-once.ts';
import { secretKey } from '../../../../runtime/aws/secret-key.ts';
import { createStepFunction } from '../../../../runtime/aws/step-function.ts';
import { formatApiKey } from '../../../../domain/api-key.ts';
import { PassThrough } from 'node:stream';

const event: EdgeEvent = {
  ...{ resource: '/v1/models', httpMethod: 'GET', pathParameters: null },
  ...{ multiValueQueryStringParameters: null, multiValueHeaders: {}, body: null },
  ...{ isBase64Encoded: false, requestContext: { authorizer: null } },
};

describe('the event of a REST API', () => {
  it('says the path that API Gateway matched', () => {
    const target = (differs: Partial<EdgeEvent>) => edgeRequest({ ...event, ...differs }).target;

    expect(target({})).toBe('/v1/models');
    expect(
      target({
        resource: '/model/{id}/converse',
        pathParameters: { id: 'arn:aws:bedrock::x/../y z' },
      }),
    ).toBe('/model/arn%3Aaws%3Abedrock%3A%3Ax%2F..%2Fy%20z/converse');
    expect(target({ resource: '/{proxy+}', pathParameters: { proxy: 'a/b' } })).toBe('/a/b');
    expect(target({ multiValueQueryStringParameters: { a: ['1', '2&3'], b: [''] } })).toBe(
      '/v1/models?a=1&a=2%263&b=',
    );
  });

  it('never puts a named part into two segments, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (id) => {
        fc.pre(id.isWellFormed() && id !== '');
        const { target } = edgeRequest({
          ...event,
          ...{ resource: '/model/{id}/x', pathParameters: { id } },
        });
        const segments = target.split('/');
        expect([segments.length, decodeURIComponent(segments[2] ?? '')]).toEqual([4, id]);
      }),
    );
  });

  it('gives every occurrence of a header', () => {
    const multiValueHeaders = { 'X-A': ['1', '2'], 'x-a': ['3'] };

    expect(edgeRequest({ ...event, multiValueHeaders }).headers).toEqual([
      ...[
        ['X-A', '1'],
        ['X-A', '2'],
        ['x-a', '3'],
      ],
    ]);
  });

  it('holds its body as text or in base64, within the limit', async () => {
    const text = edgeRequest({ ...event, body: 'äh' });
    const bytes = edgeRequest({ ...event, body: 'w6Ro', isBase64Encoded: true });

    for (const request of [text, bytes]) {
      expect([...(await request.readBody(3))]).toEqual([0xc3, 0xa4, 0x68]);
      await expect(request.readBody(2)).rejects.toThrow(ApiRefused);
    }
    expect(await edgeRequest(event).readBody(0)).toHaveLength(0);
  });
});

/** An answer, and what of it went out. */
function answered() {
  const heads: unknown[] = [];
  let text = '';
  const response = createLambdaResponse((head) => {
    heads.push(head);
    return new PassThrough().on('data', (piece: Buffer) => (text += piece.toString()));
  });
  return { response, heads, text: () => text };
}

describe('an answer on a response stream', () => {
  it('is named in its head, which goes out once', () => {
    const { response, heads, text } = answered();
    expect(response.hasStarted()).toBe(false);
    response.identify('an-id', { 'x-more': 'a' });
    response.stream('text/plain', ['a', new Uint8Array([0x62])]);
    response.stream('text/plain', ['c']);
    response.end();

    expect(response.hasStarted()).toBe(true);
    expect(text()).toBe('abc');
    expect(heads).toEqual([
      {
        statusCode: 200,
        headers: {
          ...{ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
          ...{ 'x-tollbook-event-id': 'an-id', 'x-request-id': 'an-id', 'x-more': 'a' },
          'content-type': 'text/plain',
        },
      },
    ]);
  });

  it('takes nothing after its end, and raises nothing', async () => {
    const { response, text } = answered();
    response.stream('text/plain', ['a']);
    response.end();
    response.stream('text/plain', ['b']);
    response.end();
    await new Promise(setImmediate);

    expect(text()).toBe('a');
  });

  it('outlives a stream that breaks', async () => {
    const stream = new PassThrough();
    const response = createLambdaResponse(() => stream);
    response.stream('text/plain', ['a']);
    stream.destroy(new Error('reset'));
    await new Promise(setImmediate);

    response.stream('text/plain', ['b']);
    response.end();
    await new Promise(setImmediate);
    expect(stream.destroyed).toBe(true);
  });
});

describe('the edge on Lambda', () => {
  const parts = { keyId: 'abcdefghij01', secret: 'S'.repeat(43) };
  const headers = { 'x-api-key': [formatApiKey('live', parts)] };
  const context = { getRemainingTimeInMillis: () => 60_000 };

  async function statusFor(authorizer: Record<string, string> | null, fails = false) {
    const errors: unknown[] = [];
    let status = 0;
    const answer = createLambdaEdge({
      routes: () =>
        fails
          ? Promise.reject(new Error('no prices'))
          : Promise.resolve([
              {
                ...{ method: 'GET', path: '/v1/models', access: 'tenant' },
                dialect: {
                  error: (problem) => ({ body: problem }),
                  streamError: () => ({ contentType: 'text/plain', piece: '' }),
                },
                handle: ({ principal }, response) => {
                  response.json(200, principal);
                  return Promise.resolve({ settled: Promise.resolve() });
                },
              } as const,
            ]),
      onError: (error) => errors.push(error),
    });
    await answer(
      { ...event, multiValueHeaders: headers, requestContext: { authorizer } },
      (head) => {
        status = head.statusCode;
        return new PassThrough();
      },
      context,
    );
    return [status, errors];
  }

  it('believes the authorizer for the credential that was shown, and for no other', async () => {
    expect(await statusFor({ tenant: 't_a', keyId: parts.keyId })).toEqual([200, []]);
    expect(await statusFor({ tenant: 't_a', keyId: 'zyxwvutsrq10' })).toEqual([401, []]);
    expect(await statusFor({ principalId: 't_a' })).toEqual([401, []]);
    expect(await statusFor(null)).toEqual([401, []]);
  });

  it('answers even where it could not open, and tells the operator', async () => {
    const caller = { tenant: 't_a', keyId: parts.keyId };

    expect(await statusFor(caller, true)).toEqual([500, [new Error('no prices')]]);
  });
});

describe('what a function keeps', () => {
  it('is opened once, however many ask at once, and again after a failure', async () => {
    let opened = 0;
    const current = openOnce(() => {
      opened += 1;
      if (opened === 1) throw new Error('not yet');
      return opened;
    });

    await expect(Promise.all([current(), current()])).rejects.toThrow('not yet');
    expect(await Promise.all([current(), current()])).toEqual([2, 2]);
    expect(await current()).toBe(2);
  });

  it('of a step is opened by its settings alone', async () => {
    const step = createStepFunction(
      'sweep-reservations',
      ({ table }) =>
        (input) =>
          Promise.resolve({ table, input }),
    );

    await expect(step({})).rejects.toThrow('TOLLBOOK_TABLE: got nothing');
    process.env['TOLLBOOK_TABLE'] = 'a-table';
    expect(await step({ a: 1 })).toEqual({ table: 'a-table', input: { a: 1 } });
    delete process.env['TOLLBOOK_TABLE'];
  });

  it('as a key is 32 to 64 characters', () => {
    expect(secretKey('0'.repeat(32))).toHaveLength(32);
    expect(secretKey('f'.repeat(64))).toHaveLength(64);
    for (const text of ['', '0'.repeat(31), '0'.repeat(65), ` ${'0'.repeat(32)}`, 'ä'.repeat(32)]) {
      expect(() => secretKey(text)).toThrow(RangeError);
    }
  });
});
