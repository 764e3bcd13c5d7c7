import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { AnySchema } from 'ajv/dist/2020.js';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelCall } from '../../../domain/model-call.ts';
import { OPERATIONS, UndescribedRoute, apiDocument } from '../../../handlers/api/document.ts';
import { bodyOf } from '../../../handlers/api/schema.ts';
import { createOperators } from '../../../handlers/admin/operators.ts';
import type { OperatorRoute } from '../../../handlers/edge/api-exchange.ts';
import { systemClock, systemRandom } from '../../../runtime/node/system.ts';
import {
  MODEL,
  answerOf,
  chatBody,
  send,
  startGateway,
} from '../../runtime/local/gateway-harness.ts';
import type { Harness } from '../../runtime/local/gateway-harness.ts';
import { OPENAPI_RULES } from './openapi-rules.ts';

interface Operation {
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly 'x-roles'?: readonly string[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly content?: Content }>
  >;
}
type Content = Readonly<Record<string, { readonly schema: AnySchema }>>;
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly securitySchemes: object;
    readonly responses: Readonly<Record<string, { readonly content: Content }>>;
  };
}

const ID = 'https://gateway.test/openapi.json';
const TITAN = 'amazon.titan-embed-text-v2:0';
let harness: Harness;
let document: Document;
let operations: readonly (readonly [name: string, operation: Operation])[];
let admin: string;
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true });

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function answer(call: ModelCall) {
  if (call.kind === 'converse') return answerOf({ generateMs: 0, text: ['one ', 'two'] });
  const bytes = bytesOf({ embedding: [0.5, 1], images: ['aGk='] });
  if (call.stream) return answerOf({ generateMs: 0, text: [{ type: 'chunk', bytes }] });
  const body = { type: 'body', bytes, contentType: 'application/json' } as const;
  return answerOf({ generateMs: 0, text: call.bodies.map(() => body) });
}

beforeAll(async () => {
  harness = await startGateway({ answer });
  const { store: records, secrets } = harness;
  const ports = { records, secrets, clock: systemClock, random: systemRandom };
  const wish = { name: 'root', role: 'admin', tenant: null } as const;
  admin = (await createOperators(ports, 'test').create(wish)).credential;
  const { text } = await send(harness, { method: 'GET', path: '/openapi.json' });
  document = JSON.parse(text) as Document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  );
  ajv
    .addSchema({ $id: ID, components: document.components }, ID)
    .addVocabulary([...['components']]);
});
afterAll(() => harness.stop());

/** What is wrong with a value by a schema of the document; empty where nothing is. */
function faultsOf(schema: AnySchema, value: unknown): unknown {
  const inDocument = JSON.parse(
    JSON.stringify(schema).replaceAll('"#/components/', `"${ID}#/components/`),
  ) as AnySchema;
  const validate = ajv.compile(inDocument);
  return validate(value) ? [] : validate.errors;
}

function operationOf(name: string): Operation {
  const found = operations.find(([one]) => one === name);
  if (!found) throw new Error(`${name}: not in the document`);
  return found[1];
}

describe('the document', () => {
  it('is one of OpenAPI 3.1', () => {
    const validate = ajv.compile(OPENAPI_RULES);
    expect([validate(document), validate.errors]).toEqual([true, null]);
  });

  it('describes every route that is served, and nothing else', () => {
    expect(operations.map(([name]) => name).sort()).toEqual(Object.keys(OPERATIONS).sort());
  });

  it('refers to nothing that is not there', () => {
    for (const [, pointer = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = pointer
        .split('/')
        .reduce<unknown>(
          (at, part) => (at as Record<string, unknown> | undefined)?.[part],
          document,
        );
      expect([pointer, typeof found]).toEqual([pointer, 'object']);
    }
    const schemes = Object.keys(document.components.securitySchemes);
    for (const [, { security }] of operations) {
      expect(schemes).toEqual(expect.arrayContaining(security.flatMap(Object.keys)));
    }
  });

  it('names each operation once, and each part of its path', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, { parameters }] of operations) {
      const inPath = parameters.filter((one) => one.in === 'path').map((one) => `{${one.name}}`);
      expect([name, inPath]).toEqual([name, name.match(/\{\w+\}/g) ?? []]);
    }
  });

  it('says who may do what', () => {
    for (const [name, { security, 'x-roles': roles }] of operations) {
      const schemes = security.flatMap(Object.keys).join();
      if (name.includes(' /admin/')) {
        expect([name, schemes]).toEqual([name, 'operatorBearer,operatorKey']);
        expect(roles).toContain('admin');
      } else {
        const isPublic = ['GET /health', 'GET /openapi.json'].includes(name);
        expect([name, schemes]).toEqual([name, isPublic ? '' : 'tenantBearer,tenantKey']);
        expect(roles).toBeUndefined();
      }
    }
    expect(operationOf('PUT /admin/tenants/{tenant}/policy')['x-roles']).toEqual(['admin']);
  });

  it('cannot be made of a route that nobody described, or of words about no field', () => {
    const route: OperatorRoute = {
      ...{ method: 'GET', path: '/admin/new', access: 'operator', roles: ['admin'] },
      handle: () => Promise.resolve({}),
    };
    expect(() => apiDocument([route])).toThrow(UndescribedRoute);
    expect(() => bodyOf(['model'], { types: { modle: {} } })).toThrow(RangeError);
  });
});

const GOLDEN = '.golden.json';
const FOLDER = join(__dirname, '../../../fixtures/dialects/openai');
const recorded = readdirSync(FOLDER)
  .filter((name) => name.endsWith(GOLDEN))
  .map((name) => name.slice(0, -GOLDEN.length));

it.each(recorded)('what a client really sent is as the document says: %s', (name) => {
  const { path, body } = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as {
    readonly path: string;
    readonly body: unknown;
  };
  const { requestBody } = operationOf(`POST ${path}`);
  expect(faultsOf(requestBody!.content['application/json']!.schema, body)).toEqual([]);
});

interface Example {
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: readonly (readonly [string, string])[];
}

const messages = [{ role: 'user', content: 'hello' }];
const converse = { messages: [{ role: 'user', content: [{ text: 'hello' }] }] };
const chat = { model: MODEL, messages };
const invoke = { ...converse, inferenceConfig: { maxTokens: 20 } };
const base64 = Buffer.from(JSON.stringify(invoke)).toString('base64');
const anthropic = [['anthropic-version', '2023-06-01']] as const;
const instants = 'from=2020-01-01T00:00:00.000Z&to=2099-01-01T00:00:00.000Z';
const ancestor = (body: object, type = '', id = MODEL) => ({
  ...{ path: `/invoke_model?model_id=${id}`, body, headers: [['type', type]] as const },
});

/** One call at least of every operation; `:tenant` and the like stand for what is known when it runs. */
const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  'GET /health': [{}],
  'GET /openapi.json': [{}],
  'GET /v1/models': [{}, { headers: anthropic }],
  'GET /v1/models/{model}': [
    { path: `/v1/models/${MODEL}` },
    { path: `/v1/models/${MODEL}`, headers: anthropic },
  ],
  'POST /v1/chat/completions': [
    { body: chat },
    { body: { ...chat, stream: true, temperature: null, stop: ['END'] } },
  ],
  'POST /v1/responses': [
    { body: { model: MODEL, input: 'hello' } },
    { body: { model: MODEL, input: 'hello', stream: true, max_output_tokens: 5 } },
  ],
  'POST /v1/embeddings': [
    { body: { model: TITAN, input: ['a', 'b'] } },
    { body: { model: TITAN, input: 'a', encoding_format: 'base64' } },
  ],
  'POST /v1/messages': [
    { body: { ...chat, max_tokens: 20 } },
    { body: { ...chat, max_tokens: 20, stream: true, top_k: 3 } },
  ],
  'POST /v1/messages/count_tokens': [{ body: chat }],
  'POST /model/{modelId}/converse': [{ path: `/model/${MODEL}/converse`, body: converse }],
  'POST /model/{modelId}/converse-stream': [
    { path: `/model/${MODEL}/converse-stream`, body: converse },
  ],
  'POST /model/{modelId}/invoke': [{ path: `/model/${MODEL}/invoke`, body: invoke }],
  'POST /model/{modelId}/invoke-with-response-stream': [
    { path: `/model/${MODEL}/invoke-with-response-stream`, body: invoke },
  ],
  'POST /model/{modelId}/count-tokens': [
    { path: `/model/${MODEL}/count-tokens`, body: { input: { converse } } },
    { path: `/model/${MODEL}/count-tokens`, body: { input: { invokeModel: { body: base64 } } } },
  ],
  'GET /list_foundation_models': [{}],
  'POST /invoke_model': [
    ancestor({ inputs: 'hello', parameters: { maxTokens: 5 } }),
    ancestor({ inputs: ['a', 'b'] }, 'embeddings', TITAN),
    ancestor(
      { textToImageParams: { text: 'a' }, parameters: { imageGenerationConfig: {} } },
      ...(['image', 'amazon.titan-image-generator-v2:0'] as const),
    ),
  ],
  'GET /me': [{}],
  'GET /me/keys': [{}],
  'GET /me/budgets': [{}],
  'GET /me/usage': [{ path: '/me/usage?from=2026-01-01&to=2026-02-01' }],
  'GET /admin/tenants': [{}],
  'POST /admin/tenants': [{ body: { name: 'New', cost_center: 'cc' } }],
  'GET /admin/tenants/{tenant}': [{}],
  'GET /admin/tenants/{tenant}/keys': [{}],
  'POST /admin/tenants/{tenant}/keys': [{ body: { project: 'p' } }],
  'DELETE /admin/tenants/{tenant}/keys/{key}': [{}],
  'GET /admin/tenants/{tenant}/policy': [{}],
  'PUT /admin/tenants/{tenant}/policy': [
    { body: { limits: { requests_per_minute: 9 }, guardrail: { id: 'g', version: '1' } } },
  ],
  'PUT /admin/tenants/{tenant}/budgets/{period}': [{ body: { limit: '20.5', mode: 'soft' } }],
  'GET /admin/tenants/{tenant}/budgets': [{}],
  'DELETE /admin/tenants/{tenant}/budgets/{period}': [{}],
  'PUT /admin/models/{model}': [{ body: { owner: 'ml', kind: 'sagemaker', upstream: 'e-1' } }],
  'GET /admin/models': [{}],
  'POST /admin/operators': [{ body: { name: 'a', role: 'auditor' } }],
  'GET /admin/operators': [{}],
  'DELETE /admin/operators/{operator}': [{}],
  'GET /admin/audit': [{ path: `/admin/audit?${instants}` }],
};

describe('what is served', () => {
  /** The key and the operator that examples before made. */
  const made: Record<string, string> = { period: 'month', model: 'our-llama' };

  function pathOf(name: string, { path }: Example): string {
    const [, template = ''] = name.split(' ');
    const known: Record<string, string> = { ...made, tenant: harness.other };
    return path ?? template.replaceAll(/\{(\w+)\}/g, (_all, part: string) => known[part] ?? '');
  }

  function credentialOf(name: string): string {
    return name.includes(' /admin/') ? admin : harness.key;
  }

  async function ask(name: string, example: Example, credential: string) {
    const [method = ''] = name.split(' ');
    return send(harness, {
      ...{ method, path: pathOf(name, example) },
      headers: [['authorization', `Bearer ${credential}`], ...(example.headers ?? [])],
      ...(example.body !== undefined && { body: JSON.stringify(example.body) }),
    });
  }

  it('has an example of every operation', () => {
    expect(Object.keys(EXAMPLES).sort()).toEqual(Object.keys(OPERATIONS).sort());
  });

  it.each(Object.entries(EXAMPLES))('answers as the document says: %s', async (name, examples) => {
    const { requestBody, responses } = operationOf(name);
    for (const example of examples) {
      const { status, text, headers } = await ask(name, example, credentialOf(name));

      expect([name, status, status < 300 ? '' : text]).toEqual([
        ...[name, '204' in responses ? 204 : 200, ''],
      ]);
      expect(requestBody === undefined).toBe(example.body === undefined);
      const schema = requestBody?.content['application/json']?.schema;
      if (schema !== undefined) expect(faultsOf(schema, example.body)).toEqual([]);
      if (status === 204) return;
      const type = String(headers['content-type']).split(';', 1)[0] ?? '';
      const declared = responses['200']?.content?.[type]?.schema;
      expect([name, type, declared === undefined]).toEqual([name, type, false]);
      const value: unknown = type === 'application/json' ? JSON.parse(text) : text;
      expect(faultsOf(declared!, value)).toEqual([]);
      const { id } = value as { readonly id?: unknown };
      if (name.startsWith('POST /admin') && typeof id === 'string') {
        made[name.endsWith('/keys') ? 'key' : 'operator'] = id;
      }
    }
  });

  it('refuses in the words that the document says, route by route', async () => {
    for (const [name, [example = {}]] of Object.entries(EXAMPLES)) {
      const { responses, security } = operationOf(name);
      if (security.length === 0) continue;
      const { status, text } = await ask(name, example, 'wrong');

      const component = responses['4XX']?.$ref?.split('/').at(-1) ?? '';
      const schema = document.components.responses[component]!.content['application/json']!.schema;
      expect([name, status, faultsOf(schema, JSON.parse(text))]).toEqual([name, 401, []]);
    }
  });

  it('refuses what the document does not let in', async () => {
    const names = ['/v1/chat/completions', '/v1/responses', '/v1/embeddings', '/v1/messages'];
    for (const path of names) {
      const { schema } = operationOf(`POST ${path}`).requestBody!.content['application/json']!;
      const body = { ...JSON.parse(chatBody()), mcp_servers: [], max_tokens: 5 } as object;
      expect(faultsOf(schema, body)).not.toEqual([]);
      expect((await ask(`POST ${path}`, { path, body }, harness.key)).status).toBe(400);
    }
  });
});
