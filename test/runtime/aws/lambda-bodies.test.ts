import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOperators } from '../../../handlers/admin/operators.ts';
import { systemClock, systemRandom } from '../../../runtime/node/system.ts';
import { MODEL, answerOf, send, startGateway } from '../local/gateway-harness.ts';
import type { Harness } from '../local/gateway-harness.ts';
import { lambdaEdge } from './harness/lambda-gateway.ts';
import { synthesizedGateway } from './harness/synthesized.ts';

const { template, planKey } = synthesizedGateway();
const JSON_TYPE = 'application/json';
const messages = [{ role: 'user', content: 'hello' }];

describe('bodies, behind API Gateway as it is deployed', () => {
  let gateway: Harness;
  let operator: string;
  beforeAll(async () => {
    gateway = await startGateway(
      { answer: () => answerOf({ generateMs: 0 }) },
      lambdaEdge(template, planKey),
    );
    const { store: records, secrets } = gateway;
    const ports = { records, secrets, clock: systemClock, random: systemRandom };
    const wish = { name: 'root', role: 'admin', tenant: null } as const;
    operator = (await createOperators(ports, 'test').create(wish)).credential;
  });
  afterAll(() => gateway.stop());

  interface Ask {
    readonly method?: string;
    readonly key?: string;
    readonly type?: string;
  }
  const ask = (path: string, body: string, { method = 'POST', key, type }: Ask = {}) =>
    send(gateway, {
      ...{ method, path, body },
      headers: [
        ['authorization', `Bearer ${key ?? gateway.key}`],
        ...(type === undefined ? [] : [['content-type', type] as const]),
      ],
    });

  const chat = (differs: object) => JSON.stringify({ model: MODEL, messages, ...differs });
  const limits = JSON.stringify({ limits: { requests_per_minute: '9' } });

  it.each([
    ['without a model', '/v1/chat/completions', chat({ model: undefined })],
    ['without messages', '/v1/messages', JSON.stringify({ model: MODEL, max_tokens: 5 })],
    ['with another type in a list', '/v1/chat/completions', chat({ tools: ['weather'] })],
    [
      'with another type deep inside',
      `/model/${MODEL}/count-tokens`,
      '{"input":{"converse":{"messages":[7]}}}',
    ],
    ['that is no JSON', '/v1/responses', '{"model":'],
    ['that is empty', '/v1/embeddings', ''],
  ])('a body %s is refused in the shape of all refusals there', async (_, path, body) => {
    for (const type of [undefined, JSON_TYPE, 'application/json; charset=utf-8']) {
      const { status, headers, text } = await ask(path, body, type === undefined ? {} : { type });

      expect([status, headers['x-amzn-errortype'], JSON.parse(text)]).toEqual([
        ...[400, 'BAD_REQUEST_BODY'],
        {
          error: {
            message: expect.stringMatching(/^body: got .*, expected .*\/openapi\.json/),
            ...{ type: 'invalid_request_error', param: null, code: null },
          },
        },
      ]);
    }
    expect(gateway.models.counts().calls).toBe(0);
  });

  it('a document of an operator is checked as well', async () => {
    const path = `/admin/tenants/${gateway.other}/policy`;
    const { status, headers } = await ask(path, limits, { method: 'PUT', key: operator });

    expect([status, headers['x-amzn-errortype']]).toEqual([400, 'BAD_REQUEST_BODY']);
  });

  it('nobody is told anything of a body without a key', async () => {
    expect((await ask('/v1/chat/completions', chat({ model: 7 }), { key: 'none' })).status).toBe(
      401,
    );
  });

  it('unknown fields, and those that are refused by name, are left to the dialect', async () => {
    const own = await ask('/v1/chat/completions', chat({ modle: 1 }));
    const { text } = await ask('/v1/messages', chat({ max_tokens: 5, mcp_servers: [] }));

    expect([own.status, own.headers['x-amzn-errortype']]).toEqual([400, undefined]);
    expect([own.text, text]).toEqual([
      expect.stringContaining('modle'),
      expect.stringContaining('mcp_servers'),
    ]);
  });

  it('a body of another content type is the function\u2019s to read', async () => {
    const type = 'application/x-www-form-urlencoded';
    const good = await ask('/v1/chat/completions', chat({}), { type });
    const bad = await ask('/v1/chat/completions', chat({ model: 7 }), { type });

    expect([good.status, bad.status]).toEqual([200, 400]);
    expect(bad.headers['x-amzn-errortype']).toBeUndefined();
  });

  it('whole numbers may be written as any number is', async () => {
    const body =
      '{"model":"' + MODEL + '","messages":[{"role":"user","content":"a"}],"max_tokens":5.0}';

    expect((await ask('/v1/chat/completions', body)).status).toBe(200);
  });
});
