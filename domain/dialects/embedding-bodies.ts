import type { JsonObject } from '../converse.ts';
import { BadRequest } from './problem.ts';

/** What one vector is asked for: a text, a picture, or both where the family blends them. */
export interface EmbeddingInput {
  readonly text?: string;
  /** `format` as in `image/png`; `bytes` in base64. */
  readonly image?: { readonly format: string; readonly bytes: string };
}

export interface EmbeddingAsk {
  readonly inputs: readonly EmbeddingInput[];
  /** Length of a vector; the family's own where absent. */
  readonly dimensions?: number;
  /** What the vectors are for, in the family's own words, such as `search_query`. */
  readonly inputType?: string;
}

/** A reply that its family should not give. It quotes nothing of it. */
export class UnreadableReply extends Error {
  override readonly name = 'UnreadableReply';
}

/** How one family of embedding models is asked, and how it answers (facts: Bedrock's model parameters). */
export interface EmbeddingFamily {
  readonly name: string;
  /** Lengths that can be asked for; empty where the family has only one. */
  readonly dimensions: readonly number[];
  /** What `inputType` may be; empty where the family knows none. */
  readonly inputTypes: readonly string[];
  /** Most inputs of one body. */
  readonly perBody: number;
  readonly images: 'none' | 'alone' | 'beside text';
  readonly bodyOf: (inputs: readonly EmbeddingInput[], ask: EmbeddingAsk) => JsonObject;
  readonly vectorsOf: (reply: JsonObject) => unknown;
}

const COHERE_TYPES = ['search_document', 'search_query', 'classification', 'clustering'];
const NOVA_PURPOSES = [
  ...['GENERIC_INDEX', 'GENERIC_RETRIEVAL', 'TEXT_RETRIEVAL', 'IMAGE_RETRIEVAL'],
  ...['VIDEO_RETRIEVAL', 'DOCUMENT_RETRIEVAL', 'AUDIO_RETRIEVAL', 'CLASSIFICATION', 'CLUSTERING'],
];
const NOVA_DIMENSIONS = 3072;

const oneVector = (reply: JsonObject) => [reply['embedding']];

const TITAN_TEXT_V1: EmbeddingFamily = {
  ...{ name: 'Titan text v1', dimensions: [], inputTypes: [], perBody: 1, images: 'none' },
  bodyOf: ([input]) => ({ inputText: input?.text }),
  vectorsOf: oneVector,
};

const TITAN_TEXT_V2: EmbeddingFamily = {
  ...TITAN_TEXT_V1,
  ...{ name: 'Titan text v2', dimensions: [256, 512, 1024] },
  bodyOf: ([input], { dimensions }) => ({
    inputText: input?.text,
    ...(dimensions !== undefined && { dimensions }),
  }),
};

const TITAN_IMAGE: EmbeddingFamily = {
  ...TITAN_TEXT_V1,
  ...{ name: 'Titan multimodal', dimensions: [256, 384, 1024], images: 'beside text' },
  bodyOf: ([input], { dimensions }) => ({
    ...(input?.text !== undefined && { inputText: input.text }),
    ...(input?.image && { inputImage: input.image.bytes }),
    ...(dimensions !== undefined && { embeddingConfig: { outputEmbeddingLength: dimensions } }),
  }),
};

const COHERE_V3: EmbeddingFamily = {
  ...{ name: 'Cohere v3', dimensions: [], inputTypes: COHERE_TYPES, perBody: 96, images: 'alone' },
  bodyOf: (inputs, { inputType = 'search_document' }) =>
    inputs.some(({ image }) => image)
      ? { images: inputs.map(dataUrlOf), input_type: 'image' }
      : { texts: inputs.map(({ text }) => text), input_type: inputType },
  vectorsOf: cohereVectors,
};

const COHERE_V4: EmbeddingFamily = {
  ...COHERE_V3,
  ...{ name: 'Cohere v4', dimensions: [256, 512, 1024, 1536] },
  bodyOf: (inputs, ask) => ({
    ...(inputs.some(({ image }) => image)
      ? { images: inputs.map(dataUrlOf) }
      : { texts: inputs.map(({ text }) => text) }),
    input_type: ask.inputType ?? 'search_document',
    embedding_types: ['float'],
    ...(ask.dimensions !== undefined && { output_dimension: ask.dimensions }),
  }),
};

const NOVA: EmbeddingFamily = {
  ...{ name: 'Nova', inputTypes: NOVA_PURPOSES, perBody: 1, images: 'alone' },
  dimensions: [256, 384, 1024, NOVA_DIMENSIONS],
  bodyOf: ([input], { dimensions = NOVA_DIMENSIONS, inputType = 'GENERIC_INDEX' }) => ({
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      ...{ embeddingPurpose: inputType, embeddingDimension: dimensions },
      // Cut silently, a text would get the vector of another one.
      ...(input?.text !== undefined && { text: { truncationMode: 'NONE', value: input.text } }),
      ...(input?.image && { image: novaImage(input.image) }),
    },
  }),
  vectorsOf: ({ embeddings }) =>
    Array.isArray(embeddings)
      ? embeddings.map((one: unknown) => (one as { embedding?: unknown } | null)?.embedding)
      : undefined,
};

const FAMILIES: readonly (readonly [RegExp, EmbeddingFamily])[] = [
  [/(?:^|[./])amazon\.titan-embed-text-v2/, TITAN_TEXT_V2],
  [/(?:^|[./])amazon\.titan-embed-(?:text-v1|g1-text)/, TITAN_TEXT_V1],
  [/(?:^|[./])amazon\.titan-embed-image/, TITAN_IMAGE],
  [/(?:^|[./])amazon\.nova-[a-z0-9-]*embeddings/, NOVA],
  [/(?:^|[./])cohere\.embed-(?:english|multilingual)-v3/, COHERE_V3],
  [/(?:^|[./])cohere\.embed-v4/, COHERE_V4],
];

/** The family of an embedding model by its id, whatever profile or ARN stands before it. */
export function embeddingFamilyOf(modelRequested: string): EmbeddingFamily | undefined {
  return FAMILIES.find(([pattern]) => pattern.test(modelRequested))?.[1];
}

/**
 * The bodies of InvokeModel that ask for these vectors, in order.
 *
 * @throws BadRequest naming `dimensions`, `input_type` or `input` where the family cannot do what is asked.
 */
export function embeddingBodies(
  family: EmbeddingFamily,
  ask: EmbeddingAsk,
): readonly Uint8Array<ArrayBuffer>[] {
  const { dimensions, inputType, inputs } = ask;
  if (dimensions !== undefined && !family.dimensions.includes(dimensions)) {
    throw new BadRequest('dimensions', `got ${dimensions}, ${expectedOf(family, 'dimensions')}`);
  }
  if (inputType !== undefined && !family.inputTypes.includes(inputType)) {
    throw new BadRequest('input_type', `not supported, ${expectedOf(family, 'inputTypes')}`);
  }
  refuseImages(family, inputs);
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < inputs.length; at += family.perBody) {
    const body = family.bodyOf(inputs.slice(at, at + family.perBody), ask);
    bodies.push(new TextEncoder().encode(JSON.stringify(body)));
  }
  return bodies;
}

function expectedOf(family: EmbeddingFamily, setting: 'dimensions' | 'inputTypes'): string {
  const known = family[setting];
  return known.length > 0
    ? `expected one of ${known.join(', ')}`
    : `expected none: models of ${family.name} have no choice`;
}

function refuseImages({ name, images }: EmbeddingFamily, inputs: readonly EmbeddingInput[]): void {
  const pictures = inputs.filter(({ image }) => image).length;
  if (pictures === 0) return;
  if (images === 'none') throw new BadRequest('input', `${name} embeds text, got an image`);
  const mixed = pictures < inputs.length || inputs.some(({ text }) => text !== undefined);
  if (images === 'alone' && mixed) {
    throw new BadRequest('input', `${name} embeds texts or images, got both in one call`);
  }
}

/**
 * The vectors of all replies, one per input, in the order of the inputs.
 *
 * @throws UnreadableReply where a reply is not what the family gives, or their number is another.
 */
export function embeddingVectors(
  family: EmbeddingFamily,
  replies: readonly Uint8Array[],
  expected: number,
): readonly (readonly number[])[] {
  const vectors = replies.flatMap((reply) => vectorsIn(family, reply));
  if (vectors.length === expected) return vectors;
  throw new UnreadableReply(`${family.name}: got ${vectors.length} vectors, expected ${expected}`);
}

function vectorsIn(family: EmbeddingFamily, reply: Uint8Array): readonly (readonly number[])[] {
  const vectors = family.vectorsOf(jsonOf(family, reply));
  if (Array.isArray(vectors) && vectors.every(isVector)) return vectors;
  throw new UnreadableReply(`${family.name}: got a reply without vectors`);
}

function jsonOf(family: EmbeddingFamily, reply: Uint8Array): JsonObject {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(reply));
    if (typeof value === 'object' && value !== null) return value as JsonObject;
  } catch {
    // The parser's own message quotes the reply.
  }
  throw new UnreadableReply(`${family.name}: got something else, expected JSON`);
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number');
}

/** A list, or a list by type where types were asked for. */
function cohereVectors({ embeddings }: JsonObject): unknown {
  return Array.isArray(embeddings) ? embeddings : (embeddings as JsonObject | null)?.['float'];
}

function dataUrlOf({ image }: EmbeddingInput): string {
  return `data:image/${image?.format ?? ''};base64,${image?.bytes ?? ''}`;
}

function novaImage({ format, bytes }: { readonly format: string; readonly bytes: string }) {
  return { detailLevel: 'STANDARD_IMAGE', format, source: { bytes } };
}
