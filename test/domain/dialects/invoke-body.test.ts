import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { countedInBody } from '../../../domain/dialects/image-bodies.ts';
import {
  readInvokeBody,
  refuseOutputCaps,
  withOutputCap,
} from '../../../domain/dialects/invoke-body.ts';
import { refuseDoubledKeys } from '../../../domain/dialects/json-keys.ts';
import { BadRequest } from '../../../domain/dialects/problem.ts';
import type { InvokeCall } from '../../../domain/model-call.ts';

const utf8 = new TextEncoder();
const encode = (value: unknown) => utf8.encode(JSON.stringify(value));
const decode = (bytes: Uint8Array | undefined): unknown =>
  JSON.parse(new TextDecoder().decode(bytes));
const read = (model: string, value: unknown) => readInvokeBody(model, encode(value), value);

function callOf(model: string, value: unknown): InvokeCall {
  const { bytes, maxTokens } = read(model, value);
  return {
    ...{ kind: 'invoke', api: 'bedrock.invoke', modelRequested: model, stream: false, maxTokens },
    ...{ bodies: [bytes], contentType: 'application/json', accept: 'application/json' },
    ...{ other: {}, headers: {} },
  };
}

/** A model of each family, where its cap stands, and a body with a cap of 70. */
const FAMILIES: readonly (readonly [string, string, object])[] = [
  ['anthropic.claude-opus-5-5', 'max_tokens', { max_tokens: 70 }],
  ['anthropic.claude-v2', 'max_tokens', { max_tokens_to_sample: 70 }],
  ['amazon.nova-lite-v1:0', 'inferenceConfig.maxTokens', { inferenceConfig: { maxTokens: 70 } }],
  [
    'us.amazon.nova-pro-v1:0',
    'inferenceConfig.maxTokens',
    { inferenceConfig: { max_new_tokens: 70 } },
  ],
  [
    'amazon.titan-text-express-v1',
    'textGenerationConfig.maxTokenCount',
    { textGenerationConfig: { maxTokenCount: 70 } },
  ],
  ['us.meta.llama4-scout-17b-instruct-v1:0', 'max_gen_len', { max_gen_len: 70 }],
  ['mistral.mistral-large-2402-v1:0', 'max_tokens', { max_tokens: 70 }],
  ['cohere.command-r-v1:0', 'max_tokens', { max_tokens: 70 }],
  ['ai21.jamba-1-5-mini-v1:0', 'max_tokens', { max_tokens: 70 }],
  ['ai21.j2-ultra-v1', 'maxTokens', { maxTokens: 70 }],
  ['openai.gpt-oss-120b-1:0', 'max_completion_tokens', { max_tokens: 70 }],
  ['openai.gpt-oss-20b-1:0', 'max_completion_tokens', { max_completion_tokens: 70 }],
  ['deepseek.v3-v1:0', 'max_tokens', { max_tokens: 70 }],
  ['global.qwen.qwen3-32b-v1:0', 'max_tokens', { max_tokens: 70 }],
  ['us.twelvelabs.pegasus-1-2-v1:0', 'maxOutputTokens', { maxOutputTokens: 70 }],
  [
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-5-5',
    'max_tokens',
    { max_tokens: 70 },
  ],
];

const at = (value: unknown, path: string) =>
  path.split('.').reduce((inner, name) => (inner as Record<string, unknown>)[name], value);

describe('the output cap of a body', () => {
  it.each(FAMILIES)(
    'is found where the family keeps it, and its bytes stay: %s',
    (model, _path, body) => {
      const found = read(model, body);

      expect(found.maxTokens).toBe(70);
      expect(decode(found.bytes)).toEqual(body);
    },
  );

  it.each(FAMILIES)(
    'is written where the family keeps it if it is not there: %s',
    (model, path) => {
      const body = {
        messages: [{ role: 'user', content: 'hello' }],
        [path.split('.')[0] ?? '']: undefined,
      };
      const found = read(model, decode(encode(body)));

      expect(found.maxTokens).toBe(4096);
      expect(at(decode(found.bytes), path)).toBe(4096);
      expect(decode(found.bytes)).toMatchObject({ messages: body.messages });
    },
  );

  it.each(FAMILIES)(
    'is lowered by a policy where the model reads it, and never raised: %s',
    (model, _path, body) => {
      const lowered = withOutputCap(callOf(model, body), 30);

      expect(lowered.maxTokens).toBe(30);
      expect(JSON.stringify(decode(lowered.bodies[0]))).toBe(
        JSON.stringify(body).replace('70', '30'),
      );
      const call = callOf(model, body);
      expect(withOutputCap(call, 71)).toBe(call);
    },
  );

  it('counts the highest of all that some model might obey', () => {
    const hidden = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc';
    const body = { max_tokens: 5, max_gen_len: 900, inferenceConfig: { maxTokens: 80 } };

    expect(read(hidden, body).maxTokens).toBe(900);
    expect(decode(withOutputCap(callOf(hidden, body), 60).bodies[0])).toEqual({
      ...{ max_tokens: 5, max_gen_len: 60, inferenceConfig: { maxTokens: 60 } },
    });
    expect(read('meta.llama3-8b-instruct-v1:0', { max_tokens: 9000 }).maxTokens).toBe(9000);
  });

  it.each([
    'amazon.titan-embed-text-v2:0',
    'amazon.nova-2-multimodal-embeddings-v1:0',
    'cohere.embed-v4:0',
    'amazon.nova-canvas-v1:0',
    'stability.sd3-5-large-v1:0',
    'cohere.rerank-v3-5:0',
  ])('is none for a model that generates no text: %s', (model) => {
    const body = { inputText: 'hello' };
    expect(read(model, body)).toMatchObject({ maxTokens: null });
    expect(decode(read(model, body).bytes)).toEqual(body);
    const call = callOf(model, body);
    expect(withOutputCap(call, 1)).toBe(call);
  });
});

describe('a body', () => {
  const CLAUDE = 'anthropic.claude-opus-5-5';
  const HIDDEN = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abc';

  it.each([
    ['a list', CLAUDE, []],
    ['text', CLAUDE, 'x'],
    ['null', CLAUDE, null],
    ['a cap that is text', CLAUDE, { max_tokens: '70' }],
    ['a cap that is a fraction', CLAUDE, { max_tokens: 0.5 }],
    ['a cap below nothing', CLAUDE, { max_tokens: -1 }],
    ['a cap of null', CLAUDE, { max_tokens: null }],
    ['a cap without end', CLAUDE, { max_tokens: 1e9 }],
    ['a place of caps that is text', 'amazon.nova-lite-v1:0', { inferenceConfig: 'x' }],
    ['a place of caps that is a list', 'amazon.nova-lite-v1:0', { inferenceConfig: [] }],
    ['no cap, of a hidden model', HIDDEN, { prompt: 'x' }],
    [
      'a cap of the prototype, of a hidden model',
      HIDDEN,
      JSON.parse('{"__proto__":{"max_tokens":1}}'),
    ],
    ['several answers', 'openai.gpt-oss-20b-1:0', { max_tokens: 9, n: 2 }],
    ['several answers as text', 'openai.gpt-oss-20b-1:0', { max_tokens: 9, n: '2' }],
    ['generations', 'cohere.command-text-v14', { max_tokens: 9, num_generations: 5 }],
    ['results', 'ai21.j2-mid-v1', { maxTokens: 9, numResults: 3 }],
    [
      'a bucket',
      'amazon.nova-lite-v1:0',
      { messages: [{ image: { source: { s3Location: {} } } }] },
    ],
  ] as [string, string, unknown][])('is refused: %s', (_what, model, value) => {
    expect(() => read(model, value)).toThrow(BadRequest);
  });

  it('is refused if it names a field twice, however it is spelled', () => {
    for (const text of [
      '{"max_tokens":1,"max_tokens":100000}',
      '{"max_tokens":1,"max\\u005ftokens":100000}',
      '{"a":{"b":1,"b":2}}',
      '{"a":[{"b":1},{"c":",","c":2}]}',
    ]) {
      expect(() => readInvokeBody(CLAUDE, utf8.encode(text), JSON.parse(text))).toThrow('twice');
    }
  });

  it('is not refused for names that only look as if they came twice', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom('', ' ', '\n'), (text, space) => {
        const spaced = JSON.stringify(JSON.parse(text), null, space);
        expect(() => {
          refuseDoubledKeys(spaced);
        }).not.toThrow();
      }),
    );
    for (const text of [
      '{"a":"a","b":["a","a"],"c":{"a":"}"}}',
      '["a","a"]',
      '"a"',
      '{"a":{},"b":{}}',
    ]) {
      expect(() => {
        refuseDoubledKeys(text);
      }).not.toThrow();
    }
  });

  it('is refused with any doubled name at any place', () => {
    const inner = fc.dictionary(fc.string(), fc.json({ maxDepth: 2 }), { minKeys: 1, maxKeys: 5 });
    fc.assert(
      fc.property(inner, fc.nat(), fc.nat(3), (fields, pick, wraps) => {
        const entries = Object.entries(fields);
        const pairs = [...entries, entries[pick % entries.length]!].map(
          ([name, json]) => `${JSON.stringify(name)}:${json}`,
        );
        const text = `${'{"w":['.repeat(wraps)}{${pairs.join(',')}}${']}'.repeat(wraps)}`;
        expect(() => {
          refuseDoubledKeys(text);
        }).toThrow(BadRequest);
      }),
    );
  });
});

it('fields beside a conversation may not name a cap, nor ask for several answers', () => {
  for (const fields of [
    { max_tokens: 1 },
    { max_gen_len: 1 },
    { inferenceConfig: { maxTokens: 1, topK: 2 } },
    { textGenerationConfig: { maxTokenCount: 1 } },
    { n: 2 },
  ]) {
    expect(() => {
      refuseOutputCaps(fields, 'extra');
    }).toThrow(/^extra\./);
  }
  for (const fields of [{}, { inferenceConfig: { topK: 20 } }, { top_k: 5 }, { n: 1 }]) {
    expect(() => {
      refuseOutputCaps(fields, 'extra');
    }).not.toThrow();
  }
});

describe('what a body asks for beside tokens', () => {
  const config = (imageGenerationConfig: object) => ({
    taskType: 'TEXT_IMAGE',
    imageGenerationConfig,
  });

  it.each([
    ['amazon.titan-image-generator-v2:0', {}, { image_t2i_1024_standard: 1 }],
    [
      'amazon.titan-image-generator-v1',
      config({ height: 512, width: 512 }),
      { image_t2i_512_standard: 1 },
    ],
    [
      'us.amazon.nova-canvas-v1:0',
      config({ height: 1280, width: 720, quality: 'premium', numberOfImages: 4 }),
      { image_t2i_2048_premium: 4 },
    ],
    ['amazon.nova-canvas-v1:0', { taskType: 'INPAINTING' }, { image_i2i_1024_standard: 1 }],
    ['stability.stable-image-core-v1:1', { prompt: 'x' }, { image: 1 }],
    ['stability.stable-diffusion-xl-v1', { samples: 3 }, { image: 3 }],
    ['cohere.rerank-v3-5:0', { documents: Array(101).fill('x') }, { search_unit: 2 }],
    ['amazon.rerank-v1:0', { documents: ['x'] }, { search_unit: 1 }],
    ['amazon.nova-lite-v1:0', { imageGenerationConfig: { numberOfImages: 4 } }, {}],
    ['amazon.titan-embed-image-v1', { inputText: 'x', inputImage: 'AQID' }, { input_image: 1 }],
    ['amazon.titan-embed-image-v1', { inputText: 'x' }, {}],
    ['cohere.embed-english-v3', { images: ['a', 'b'] }, { input_image: 2 }],
    ['cohere.embed-english-v3', { texts: ['a'] }, {}],
    [
      'amazon.nova-2-multimodal-embeddings-v1:0',
      { singleEmbeddingParams: { image: { detailLevel: 'DOCUMENT_IMAGE' } } },
      { input_image_document: 1 },
    ],
    [
      'amazon.nova-2-multimodal-embeddings-v1:0',
      { singleEmbeddingParams: { image: {} } },
      { input_image_standard: 1 },
    ],
    ['amazon.nova-2-multimodal-embeddings-v1:0', { singleEmbeddingParams: { text: {} } }, {}],
    ['us.twelvelabs.marengo-embed-3-0-v1:0', { inputType: 'text' }, { input_text_request: 1 }],
  ] as [string, object, object][])(
    'is counted where it is asked for: %s',
    (model, body, counted) => {
      expect(countedInBody(model, body as Record<string, unknown>)).toEqual(counted);
    },
  );

  it.each([
    ['amazon.nova-canvas-v1:0', config({ numberOfImages: 0 })],
    ['amazon.nova-canvas-v1:0', config({ numberOfImages: 1.5 })],
    ['amazon.nova-canvas-v1:0', config({ numberOfImages: '5' })],
    ['amazon.nova-canvas-v1:0', config({ width: '5' })],
    ['amazon.nova-canvas-v1:0', { imageGenerationConfig: [] }],
    ['stability.stable-diffusion-xl-v1', { samples: 11 }],
    ['cohere.rerank-v3-5:0', {}],
    ['cohere.embed-english-v3', { images: 'x' }],
    ['amazon.nova-2-multimodal-embeddings-v1:0', { singleEmbeddingParams: { video: {} } }],
    ['us.twelvelabs.marengo-embed-3-0-v1:0', { inputType: 'video' }],
    ['us.twelvelabs.pegasus-1-2-v1:0', { inputPrompt: 'x', mediaSource: { base64String: 'x' } }],
  ] as [string, object][])('is refused where nobody could count it: %s %j', (model, body) => {
    expect(() => countedInBody(model, body as Record<string, unknown>)).toThrow(BadRequest);
  });
});
