import { describe, expect, it } from '@jest/globals';
import {
  UnreadableReply,
  embeddingBodies,
  embeddingFamilyOf,
  embeddingVectors,
} from '../../../domain/dialects/embedding-bodies.ts';
import type { EmbeddingAsk } from '../../../domain/dialects/embedding-bodies.ts';
import { BadRequest } from '../../../domain/dialects/problem.ts';

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const texts = (...all: string[]): EmbeddingAsk => ({ inputs: all.map((text) => ({ text })) });
const image = { format: 'png', bytes: 'aGk=' };

function familyOf(model: string) {
  const family = embeddingFamilyOf(model);
  if (!family) throw new Error(`expected a family of ${model}`);
  return family;
}

function bodiesOf(model: string, ask: EmbeddingAsk): unknown[] {
  return embeddingBodies(familyOf(model), ask).map(
    (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as unknown,
  );
}

describe('the family of an embedding model', () => {
  it.each([
    ['amazon.titan-embed-text-v1', 'Titan text v1'],
    ['amazon.titan-embed-text-v2:0', 'Titan text v2'],
    ['amazon.titan-embed-image-v1', 'Titan multimodal'],
    ['cohere.embed-english-v3', 'Cohere v3'],
    ['cohere.embed-multilingual-v3', 'Cohere v3'],
    ['us.cohere.embed-v4:0', 'Cohere v4'],
    ['amazon.nova-2-multimodal-embeddings-v1:0', 'Nova'],
    ['arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0', 'Cohere v4'],
  ])('of %s is %s', (model, name) => {
    expect(familyOf(model).name).toBe(name);
  });

  it.each(['amazon.nova-lite-v1:0', 'notcohere.embed-v4:0', 'cohere.embed-v9', ''])(
    'of %j is none',
    (model) => {
      expect(embeddingFamilyOf(model)).toBeUndefined();
    },
  );
});

describe('bodies', () => {
  it('are one per text for the families of Amazon', () => {
    expect(bodiesOf('amazon.titan-embed-text-v1', texts('a', 'b'))).toEqual([
      { inputText: 'a' },
      { inputText: 'b' },
    ]);
    expect(bodiesOf('amazon.titan-embed-text-v2:0', { ...texts('a'), dimensions: 256 })).toEqual([
      { inputText: 'a', dimensions: 256 },
    ]);
    expect(
      bodiesOf('amazon.nova-2-multimodal-embeddings-v1:0', {
        ...texts('a'),
        ...{ dimensions: 384, inputType: 'TEXT_RETRIEVAL' },
      }),
    ).toEqual([
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          ...{ embeddingPurpose: 'TEXT_RETRIEVAL', embeddingDimension: 384 },
          text: { truncationMode: 'NONE', value: 'a' },
        },
      },
    ]);
  });

  it('hold up to 96 texts for Cohere, in order', () => {
    const all = Array.from({ length: 200 }, (_, index) => `t${index}`);
    const bodies = bodiesOf('cohere.embed-english-v3', texts(...all)) as { texts: string[] }[];

    expect(bodies.map((body) => body.texts.length)).toEqual([96, 96, 8]);
    expect(bodies.flatMap((body) => body.texts)).toEqual(all);
    expect(bodiesOf('cohere.embed-v4:0', { ...texts('a'), dimensions: 512 })).toEqual([
      {
        ...{ texts: ['a'], input_type: 'search_document', embedding_types: ['float'] },
        output_dimension: 512,
      },
    ]);
  });

  it('hold images where the family reads them', () => {
    const inputs = [{ image }];
    expect(bodiesOf('amazon.titan-embed-image-v1', { inputs: [{ text: 'a', image }] })).toEqual([
      { inputText: 'a', inputImage: 'aGk=' },
    ]);
    expect(bodiesOf('amazon.titan-embed-image-v1', { inputs, dimensions: 384 })).toEqual([
      { inputImage: 'aGk=', embeddingConfig: { outputEmbeddingLength: 384 } },
    ]);
    expect(bodiesOf('cohere.embed-english-v3', { inputs })).toEqual([
      { images: ['data:image/png;base64,aGk='], input_type: 'image' },
    ]);
    expect(bodiesOf('cohere.embed-v4:0', { inputs })).toMatchObject([
      { images: ['data:image/png;base64,aGk='] },
    ]);
    expect(bodiesOf('amazon.nova-2-multimodal-embeddings-v1:0', { inputs })).toMatchObject([
      { singleEmbeddingParams: { image: { format: 'png', source: { bytes: 'aGk=' } } } },
    ]);
  });

  it.each([
    ['dimensions', 'amazon.titan-embed-text-v1', { ...texts('a'), dimensions: 1536 }],
    ['dimensions', 'amazon.titan-embed-text-v2:0', { ...texts('a'), dimensions: 257 }],
    ['input_type', 'amazon.titan-embed-text-v2:0', { ...texts('a'), inputType: 'search_query' }],
    ['input_type', 'cohere.embed-v4:0', { ...texts('a'), inputType: 'anything' }],
    ['input', 'amazon.titan-embed-text-v2:0', { inputs: [{ image }] }],
    ['input', 'cohere.embed-v4:0', { inputs: [{ image }, { text: 'a' }] }],
    ['input', 'amazon.nova-2-multimodal-embeddings-v1:0', { inputs: [{ image, text: 'a' }] }],
  ] satisfies [string, string, EmbeddingAsk][])(
    'are refused by the name of %s: %s',
    (field, model, ask) => {
      expect(() => embeddingBodies(familyOf(model), ask)).toThrow(BadRequest);
      expect(() => embeddingBodies(familyOf(model), ask)).toThrow(field);
    },
  );
});

describe('vectors', () => {
  it.each([
    ['amazon.titan-embed-text-v2:0', [{ embedding: [1, 2] }, { embedding: [3, 4] }]],
    ['cohere.embed-english-v3', [{ embeddings: [[1, 2]] }, { embeddings: [[3, 4]] }]],
    [
      'cohere.embed-v4:0',
      [
        {
          embeddings: {
            float: [
              [1, 2],
              [3, 4],
            ],
          },
        },
      ],
    ],
    [
      'amazon.nova-2-multimodal-embeddings-v1:0',
      [
        { embeddings: [{ embeddingType: 'TEXT', embedding: [1, 2] }] },
        { embeddings: [{ embeddingType: 'TEXT', embedding: [3, 4] }] },
      ],
    ],
  ])('of %s are read in order', (model, replies) => {
    const vectors = embeddingVectors(familyOf(model), replies.map(bytesOf), 2);

    expect(vectors).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it.each([
    ['another number', { embedding: [1] }, 2],
    ['none', { embedding: [] }, 1],
    ['no list', { embedding: 'secret' }, 1],
    ['other values', { embedding: [1, 'secret'] }, 1],
    ['another shape', ['secret'], 1],
    ['null', null, 1],
  ])('that are %s are refused without a word of the reply', (_, reply, expected) => {
    const read = () =>
      embeddingVectors(familyOf('amazon.titan-embed-text-v1'), [bytesOf(reply)], expected);

    expect(read).toThrow(UnreadableReply);
    expect(read).not.toThrow('secret');
  });
});
