import { describe, expect, it } from '@jest/globals';
import {
  openAiEmbeddings,
  parseOpenAiEmbeddings,
} from '../../../domain/dialects/openai-embeddings.ts';
import { NO_TOKENS } from '../../../domain/meters.ts';

const TITAN = 'amazon.titan-embed-text-v2:0';
const parse = (differs: object, model = TITAN) => parseOpenAiEmbeddings({ model, ...differs });

describe('a call for embeddings', () => {
  it('is bodies of the model’s family, and generates no token', () => {
    const { call, count, encoding } = parse({ input: ['a', 'b'], dimensions: 256, user: 'u' });

    expect(call).toMatchObject({
      ...{ kind: 'invoke', api: 'openai.embeddings', modelRequested: TITAN, maxTokens: null },
      ...{ stream: false, contentType: 'application/json', accept: 'application/json' },
    });
    expect(call.bodies.map((bytes) => new TextDecoder().decode(bytes))).toEqual([
      '{"inputText":"a","dimensions":256}',
      '{"inputText":"b","dimensions":256}',
    ]);
    expect([count, encoding]).toEqual([2, 'float']);
  });

  it('may be of one text, in base64, and say what the vectors are for', () => {
    const request = parse(
      { input: 'a', encoding_format: 'base64', input_type: 'search_query' },
      'cohere.embed-v4:0',
    );

    expect(request).toMatchObject({ count: 1, encoding: 'base64' });
    expect(new TextDecoder().decode(request.call.bodies[0])).toContain('"search_query"');
  });

  it.each([
    ['model', { model: 'amazon.nova-lite-v1:0', input: 'a' }],
    ['model', { model: 7, input: 'a' }],
    ['input', {}],
    ['input', { input: '' }],
    ['input', { input: [] }],
    ['input', { input: ['a', ''] }],
    ['input', { input: [1, 2, 3] }],
    ['input', { input: [[1, 2], [3]] }],
    ['input', { input: Array.from({ length: 2049 }, () => 'a') }],
    ['dimensions', { input: 'a', dimensions: 257 }],
    ['dimensions', { input: 'a', dimensions: 1.5 }],
    ['encoding_format', { input: 'a', encoding_format: 'hex' }],
    ['input_type', { input: 'a', input_type: 'search_query' }],
    ['truncate', { input: 'a', truncate: 'END' }],
  ])('is refused by the name of %s', (field, differs) => {
    expect(() => parse(differs)).toThrow(`${field}: `);
  });
});

describe('embeddings', () => {
  const usage = { ...NO_TOKENS, input: 9 };

  it('say what was used, and are in the order of the texts', () => {
    const request = parse({ input: ['a', 'b'] });
    expect(openAiEmbeddings(request, [[1], [2]], usage)).toEqual({
      ...{ object: 'list', model: TITAN, usage: { prompt_tokens: 9, total_tokens: 9 } },
      data: [
        { object: 'embedding', index: 0, embedding: [1] },
        { object: 'embedding', index: 1, embedding: [2] },
      ],
    });
  });

  it('are 32-bit floats in base64, least byte first', () => {
    const request = parse({ input: 'a', encoding_format: 'base64' });
    const { data } = openAiEmbeddings(request, [[1, -2.5]], usage);
    const bytes = Buffer.from(data[0]?.embedding as string, 'base64');

    expect([bytes.readFloatLE(0), bytes.readFloatLE(4), bytes.length]).toEqual([1, -2.5, 8]);
  });
});
