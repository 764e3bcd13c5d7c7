import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelCall } from '../../domain/model-call.ts';
import { createOperators } from '../../handlers/admin/operators.ts';
import { systemClock, systemRandom } from '../../runtime/node/system.ts';
import { documentedBodies } from '../../runtime/bundling.ts';
import type { ModelSchema } from '../../stacks/model-schema.ts';
import { readApi } from '../runtime/aws/harness/api-definition.ts';
import { keywordsIn } from '../runtime/aws/harness/body-models.ts';
import { synthesizedGateway } from '../runtime/aws/harness/synthesized.ts';
import { resourcesOf } from '../runtime/aws/harness/template.ts';
import { MODEL, answerOf, send, startGateway } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';

const { template } = synthesizedGateway();
const JSON_TYPE = 'application/json';
/** Checks of bodies as API Gateway makes them, by route. */
const checks = new Map<string, (body: unknown) => boolean>(
  readApi(template).methods.flatMap(({ verb, resource, bodyModels }) => {
    const check = bodyModels.get(JSON_TYPE);
    return check ? [[`${verb} ${resource}`, check] as const] : [];
  }),
);
const models = new Map(
  resourcesOf(template, 'AWS::ApiGateway::Model').map(({ properties }) => [
    properties['Description'] as string,
    properties['Schema'] as ModelSchema,
  ]),
);

const messages = [{ role: 'user', content: 'hello' }];
const converse = { messages: [{ role: 'user', content: [{ text: 'hello' }] }] };
const TITAN = 'amazon.titan-embed-text-v2:0';
/** A body that each route takes. */
const GOOD: Readonly<Record<string, object>> = {
  'POST /v1/chat/completions': { model: MODEL, messages, max_tokens: 5 },
  'POST /v1/responses': { model: MODEL, input: 'hello', tools: null },
  'POST /v1/embeddings': { model: TITAN, input: ['hello'] },
  'POST /v1/messages': { model: MODEL, messages, max_tokens: 5, system: 'be brief' },
  'POST /v1/messages/count_tokens': { model: MODEL, messages },
  'POST /invoke_model': { inputs: 'hello', parameters: { maxTokens: 5 } },
  'POST /model/{modelId}/converse': converse,
  'POST /model/{modelId}/converse-stream': { ...converse, inferenceConfig: { maxTokens: 5 } },
  'POST /model/{modelId}/count-tokens': { input: { converse } },
  'POST /admin/tenants': { name: 'New', cost_center: null },
  'POST /admin/tenants/{tenant}/keys': { project: 'p', teams: [] },
  'PUT /admin/tenants/{tenant}/policy': { limits: { requests_per_minute: 9 } },
  'PUT /admin/tenants/{tenant}/budgets/{period}': { limit: '20.5', mode: 'soft' },
  'PUT /admin/models/{model}': { owner: 'ml', kind: 'sagemaker', upstream: 'e-1' },
  'POST /admin/operators': { name: 'a', role: 'auditor' },
};

type Headers = readonly (readonly [string, string])[];
/** What a route may be asked for by its headers alone, under one model. */
const WAYS: Readonly<Record<string, readonly Headers[]>> = {
  'POST /invoke_model': [
    [],
    [['messages_api', 'true']],
    [['streaming', 'true']],
    ...['embeddings', 'embeddings-image', 'image'].map((kind) => [['type', kind] as const]),
  ],
};

describe('the models of bodies', () => {
  it('stand before every route whose body the document says anything of, and no other', () => {
    const bodies = documentedBodies().map(({ method, path }) => `${method} ${path}`);
    const raw = ['invoke', 'invoke-with-response-stream'];
    const expected = bodies.filter(
      (name) => !raw.some((end) => name.endsWith(`/{modelId}/${end}`)),
    );

    expect([...checks.keys()].sort()).toEqual(expected.sort());
    expect([...models.keys()].sort()).toEqual(expected);
    expect(Object.keys(GOOD).sort()).toEqual(expected);
  });

  it('are checked by one validator, of bodies alone', () => {
    const validators = resourcesOf(template, 'AWS::ApiGateway::RequestValidator');

    expect(validators).toHaveLength(1);
    expect(validators[0]?.properties).toMatchObject({ ValidateRequestBody: true });
    expect(validators[0]?.properties['ValidateRequestParameters']).not.toBe(true);
  });

  it.each([...models])('say nothing that could refuse a good body or be quoted: %s', (_, model) => {
    const { $schema: version, ...schema } = model as { readonly $schema: string };

    expect(version).toBe('http://json-schema.org/draft-04/schema#');
    const words = new Set(keywordsIn(schema));
    expect([...words].sort()).toEqual(expect.arrayContaining(['properties', 'type']));
    words.forEach((word) => {
      expect(['items', 'properties', 'required', 'type']).toContain(word);
    });
    expect(JSON.stringify(model).length).toBeLessThan(4096);
  });
});

/** Values that fit a model often, and miss it somewhere about as often. */
function near(model: ModelSchema): fc.Arbitrary<unknown> {
  const { type = [], properties = {}, items = {} } = model;
  const members = Object.entries(properties).map(([name, one]) => [name, near(one)] as const);
  const kinds = {
    array: () => fc.array(near(items), { maxLength: 3 }),
    object: () => fc.record(Object.fromEntries(members), { requiredKeys: [] }),
    ...{ boolean: () => fc.boolean(), null: () => fc.constant(null) },
    ...{ number: () => fc.double({ noNaN: true }), string: () => fc.string() },
  };
  const fitting = [type].flat().map((kind) => ({ arbitrary: kinds[kind](), weight: 2 }));
  return fc.oneof({ arbitrary: fc.jsonValue({ maxDepth: 1 }), weight: 1 }, ...fitting);
}

/** A good body, one member of which is another or gone: what is refused is refused for that one. */
function oneChanged(good: object, { properties = {} }: ModelSchema): fc.Arbitrary<unknown> {
  const changes = Object.entries(properties).map(([name, model]) =>
    fc
      .option(near(model), { nil: undefined, freq: 5 })
      .map((value) => ({ ...good, [name]: value })),
  );
  return fc.oneof(...changes);
}

const asJson = (body: unknown): unknown => JSON.parse(JSON.stringify(body));

function answer(call: ModelCall) {
  if (call.kind === 'converse') return answerOf({ generateMs: 0 });
  const bytes = new TextEncoder().encode(JSON.stringify({ embedding: [0.5] }));
  return answerOf({ text: [{ type: 'body', bytes, contentType: JSON_TYPE }] });
}

describe('a body that its model refuses', () => {
  let gateway: Harness;
  let operator: string;
  beforeAll(async () => {
    gateway = await startGateway({ answer });
    const { store: records, secrets } = gateway;
    const ports = { records, secrets, clock: systemClock, random: systemRandom };
    const wish = { name: 'root', role: 'admin', tenant: null } as const;
    operator = (await createOperators(ports, 'test').create(wish)).credential;
  });
  afterAll(async () => {
    expect(gateway.errors).toEqual([]);
    await gateway.stop();
  });

  async function askHandler(route: string, body: unknown, headers: Headers = []) {
    const [method = '', template = ''] = route.split(' ');
    const known: Readonly<Record<string, string>> = {
      ...{ tenant: gateway.other, period: 'month', modelId: MODEL, model: 'ours' },
    };
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name] ?? '');
    const credential = path.startsWith('/admin/') ? operator : gateway.key;
    return send(gateway, {
      ...{ method, body: JSON.stringify(body) },
      path: path === '/invoke_model' ? `${path}?model_id=${MODEL}` : path,
      headers: [['authorization', `Bearer ${credential}`], ...headers],
    });
  }

  it.each([...models])('is one that the handler refuses: %s', async (route, model) => {
    const matches = checks.get(route)!;
    const good = GOOD[route]!;
    const { status } = await askHandler(route, good);
    expect([matches(good), status]).toEqual([true, 200]);
    const counts = { taken: 0, refused: 0 };
    const bodies = fc.oneof(
      { arbitrary: near(model), weight: 1 },
      { arbitrary: oneChanged(good, model), weight: 4 },
    );
    const ways = fc.constantFrom(...(WAYS[route] ?? [[]]));
    await fc.assert(
      fc.asyncProperty(bodies.map(asJson), ways, async (body, headers) => {
        counts[matches(body) ? 'taken' : 'refused'] += 1;
        if (matches(body)) return;
        const { status, text } = await askHandler(route, body, headers);
        expect([status, text]).toEqual([400, text]);
      }),
      { numRuns: 300 },
    );
    expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(20);
  });
});

const GOLDEN = '.golden.json';
const FOLDER = join(__dirname, '../../fixtures/dialects/openai');
const recorded = readdirSync(FOLDER)
  .filter((name) => name.endsWith(GOLDEN))
  .map((name) => name.slice(0, -GOLDEN.length));

it.each(recorded)('what a client really sent is taken by the model: %s', (name) => {
  const { path, body } = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as {
    readonly path: string;
    readonly body: unknown;
  };
  expect(checks.get(`POST ${path}`)!(body)).toBe(true);
});
