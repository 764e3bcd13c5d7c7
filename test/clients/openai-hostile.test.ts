import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEPTH_LIMIT } from '../../handlers/edge/parse-body.ts';
import { MODEL, USAGE, send, startGateway, tokensOf } from '../runtime/local/gateway-harness.ts';
import type { Harness, RawReply } from '../runtime/local/gateway-harness.ts';
import { COHERE, EMBEDDINGS } from './openai-answers.ts';

/** Stands in every place where a prompt or an answer could. */
const CANARY = randomBytes(16).toString('hex');
const B64 = Buffer.from(CANARY).toString('base64');
const parameters = { type: 'object', description: CANARY, properties: { [CANARY]: {} } };
const tool = { name: `t${CANARY}`, description: CANARY, parameters, strict: false };
const url = `data:image/png;base64,${B64}`;
const pdf = `data:application/pdf;base64,${B64}`;
const schema = { name: `s${CANARY}`, schema: parameters, strict: true, description: CANARY };
const called = { name: tool.name, arguments: JSON.stringify({ a: CANARY }) };

/** Bodies with every field that is accepted. */
const BODIES = {
  '/v1/chat/completions': {
    messages: [
      { role: 'system', content: CANARY },
      { role: 'developer', content: [{ type: 'text', text: CANARY }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: CANARY, prompt_cache_breakpoint: { mode: 'explicit' } },
          { type: 'image_url', image_url: { url, detail: 'auto' } },
          { type: 'file', file: { filename: `${CANARY}.pdf`, file_data: pdf } },
        ],
      },
      {
        ...{ role: 'assistant', content: CANARY, refusal: CANARY, reasoning_content: CANARY },
        ...{ annotations: [], audio: null, function_call: null },
        tool_calls: [{ id: `c${CANARY}`, type: 'function', function: called }],
      },
      { role: 'tool', tool_call_id: `c${CANARY}`, content: CANARY },
    ],
    ...{ tools: [{ type: 'function', function: tool }], parallel_tool_calls: true },
    tool_choice: { type: 'function', function: { name: tool.name } },
    ...{ temperature: 0.5, top_p: 0.5, max_tokens: 9, stop: [CANARY], n: 1, seed: 7 },
    ...{ user: CANARY, safety_identifier: CANARY, prompt_cache_key: CANARY, store: false },
    ...{ frequency_penalty: 0.5, presence_penalty: 0.5, logit_bias: { 7: 1 }, logprobs: false },
    ...{ metadata: {}, service_tier: 'flex', reasoning_effort: 'low', verbosity: 'low' },
    ...{ response_format: { type: 'text' }, modalities: ['text'] },
  },
  '/v1/responses': {
    instructions: CANARY,
    input: [
      { role: 'user', content: CANARY },
      {
        ...{ type: 'message', role: 'user' },
        content: [
          { type: 'input_text', text: CANARY },
          { type: 'input_image', image_url: url, detail: 'auto' },
          { type: 'input_file', filename: `${CANARY}.pdf`, file_data: pdf },
        ],
      },
      {
        ...{ type: 'reasoning', id: CANARY, summary: [{ type: 'summary_text', text: CANARY }] },
        encrypted_content: Buffer.from(JSON.stringify({ text: CANARY })).toString('base64'),
      },
      { type: 'function_call', call_id: `c${CANARY}`, id: CANARY, ...called },
      { type: 'function_call_output', call_id: `c${CANARY}`, output: CANARY },
    ],
    ...{ tools: [{ type: 'function', ...tool }], tool_choice: 'auto', max_output_tokens: 9 },
    ...{ text: { format: { type: 'text' }, verbosity: 'low' }, reasoning: { effort: 'low' } },
    ...{ include: ['reasoning.encrypted_content'], user: CANARY, truncation: 'disabled' },
  },
  '/v1/embeddings': {
    ...{ input: [CANARY, CANARY], dimensions: 256, encoding_format: 'float', user: CANARY },
  },
} as const;

const FORMATS = [
  { '/v1/chat/completions': { response_format: { type: 'json_schema', json_schema: schema } } },
  { '/v1/responses': { text: { format: { type: 'json_schema', ...schema } } } },
];

let harness: Harness;
let failure: 'cut' | undefined;
const told: string[] = [];
const restores: (() => void)[] = [];

beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    stream.write = (chunk: string | Uint8Array) => {
      told.push(String(chunk));
      return true;
    };
    restores.push(() => (stream.write = write));
  }
  harness = await startGateway({
    answer: () => ({
      ...{ usage: USAGE, firstByteMs: 0, generateMs: 0, ...(failure && { failure }) },
      text: [
        ...[{ type: 'reasoning', text: CANARY } as const, CANARY],
        { type: 'tool_use', toolUseId: `u${CANARY}`, name: tool.name },
        { type: 'tool_input', json: JSON.stringify({ a: CANARY }) },
        {
          ...{ type: 'body', contentType: 'application/json' },
          bytes: Buffer.from(JSON.stringify({ embedding: CANARY })),
        },
      ],
    }),
  });
});

afterEach(() => {
  failure = undefined;
});

afterAll(async () => {
  await harness.drain();
  for (const restore of restores) restore();
  const files = readdirSync(harness.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
  const all = [...files, ...told, ...harness.errors.map((error) => (error as Error).stack ?? '')];
  expect(files.length).toBeGreaterThan(1);
  expect(all.filter((text) => text.includes(CANARY) || text.includes(B64))).toEqual([]);
  expect(tokensOf(harness.lines())).toEqual(harness.models.counts().tokens);
  expect(harness.errors).toEqual([]);
  await harness.stop();
});

function post(path: string, body: unknown): Promise<RawReply> {
  const headers = [['x-api-key', harness.key]] as const;
  return send(harness, { path, headers, body: JSON.stringify(body) });
}

interface Place {
  /** The names on the way to it. */
  readonly names: readonly string[];
  readonly value: unknown;
  /** The whole with another value in this place. */
  readonly put: (other: unknown) => unknown;
}

/** Every value inside a value, itself first. */
function* places(value: unknown, names: readonly string[] = []): Generator<Place> {
  yield { names, value, put: (other) => other };
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    for (const place of places(inner, [...names, name])) {
      const put = (other: unknown) =>
        Array.isArray(value)
          ? value.map((one: unknown, at) => (String(at) === name ? place.put(other) : one))
          : { ...value, [name]: place.put(other) };
      yield { ...place, put };
    }
  }
}

/** Objects whose names are the caller's own. */
const FREE = ['parameters', 'logit_bias', 'metadata'];

const cases = Object.entries(BODIES).map(([path, body]) => ({ path, body }));
const modelOf = (path: string) => (path === '/v1/embeddings' ? EMBEDDINGS : MODEL);

describe.each(cases)('a body of $path', ({ path, body }) => {
  const model = modelOf(path);

  it('with every field is understood, and leaves no trace', async () => {
    const { status, text } = await post(path, { model, ...body });

    // The model of this test answers calls for embeddings with something that is none.
    expect([status, text.includes(CANARY)]).toEqual(
      path === '/v1/embeddings' ? [502, false] : [200, true],
    );
  });

  it.each([
    ['text', CANARY],
    ['nothing', null],
    ['a number', 7],
    ['a broken number', -1e308],
    ['a flag', true],
    ['an empty list', []],
    ['a list', [CANARY, { [`say ${CANARY}`]: CANARY }]],
    ['an object', { [`say ${CANARY}`]: CANARY, type: CANARY, role: CANARY }],
    ['an object of a known type', { type: 'function', [`say ${CANARY}`]: CANARY }],
    ['prototypes', JSON.parse(`{"__proto__":{"a":"${CANARY}"},"constructor":"${CANARY}"}`)],
    ['an empty text', ''],
  ])('with %s in any place is answered or refused, and never quoted', async (_, other) => {
    const one = async ({ put }: Place) => {
      const made = put(other);
      const plain = typeof made === 'object' && made !== null && !Array.isArray(made);
      const { status, text } = await post(path, plain ? { model, ...made } : made);

      expect([200, 400, 502]).toContain(status);
      if (status !== 200) expect(text).not.toContain(CANARY);
      expect(JSON.parse(text)).toHaveProperty(status === 200 ? 'object' : 'error');
    };
    await Promise.all([...places(body)].map(one));
  });

  it('with a field that nobody knows beside any other is refused by its name', async () => {
    for (const { names, value, put } of places(body)) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
      if (names.some((name) => FREE.includes(name))) continue;
      const made = put({ ...value, nobody_knows: CANARY }) as object;
      const { status, text } = await post(path, { model, ...made });

      expect([names, status]).toEqual([names, 400]);
      expect(text).toContain('nobody_knows: not supported');
      expect(text).not.toContain(CANARY);
    }
  });

  it('that claims a tenant is refused, whatever it calls it', async () => {
    for (const name of ['tenant', 'team_id', 'organization', 'project', 'x-tenant']) {
      const { status } = await post(path, { model, ...body, [name]: harness.other });
      expect([name, status]).toEqual([name, 400]);
    }
  });

  it('that nests too deep is refused', async () => {
    let deep: unknown = CANARY;
    for (let level = 0; level < DEPTH_LIMIT; level += 1) deep = [deep];
    const { status, text } = await post(path, { model, ...body, tools: deep });

    expect([status, text.includes(CANARY)]).toEqual([400, false]);
  });
});

describe.each(cases.slice(0, 2))('a stream of $path', ({ path, body }) => {
  it('leaves no trace either, whole or cut', async () => {
    expect((await post(path, { model: MODEL, ...body, stream: true })).text).toContain(CANARY);
    failure = 'cut';
    const cut = await post(path, { model: MODEL, ...body, stream: true });
    expect(cut.text).toContain('"server_error"');
    expect((await post(path, { model: MODEL, ...body })).status).toBe(502);
  });
});

describe('an answer in JSON', () => {
  it.each(FORMATS)('leaves no trace of its schema: %#', async (format) => {
    for (const [path, differs] of Object.entries(format)) {
      const { messages } = BODIES['/v1/chat/completions'];
      const [, , user] = messages;
      const said = path === '/v1/responses' ? { input: CANARY } : { messages: [user] };
      expect((await post(path, { model: MODEL, ...said, ...differs })).status).toBe(200);
    }
  });
});

describe('many texts at once', () => {
  it('are one call', async () => {
    const calls = harness.models.counts().calls;
    const input = Array.from({ length: 2048 }, () => CANARY);
    await post('/v1/embeddings', { model: COHERE, input });

    expect(harness.models.counts().calls).toBe(calls + 1);
  });
});
