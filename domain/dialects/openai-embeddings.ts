import type { InvokeCall } from '../model-call.ts';
import type { TokenUsage } from '../meters.ts';
import { embeddingBodies, embeddingFamilyOf } from './embedding-bodies.ts';
import type { EmbeddingFamily } from './embedding-bodies.ts';
import { fieldsOf, optionalCount, optionalText, optionalWord, refusal } from './fields.ts';
import type { Fields } from './fields.ts';
import { openAiUsage } from './openai-chat-reply.ts';
import { modelOf } from './openai-settings.ts';
import { BadRequest } from './problem.ts';

/** What `POST /v1/embeddings` asked for. */
export interface OpenAiEmbeddingsRequest {
  readonly call: InvokeCall;
  readonly family: EmbeddingFamily;
  /** How many vectors are owed. */
  readonly count: number;
  readonly encoding: 'float' | 'base64';
}

/** As usage lines name this dialect and operation. */
export const OPENAI_EMBEDDINGS = 'openai.embeddings';

const MOST_TEXTS = 2048;
const MOST_DIMENSIONS = 65_536;
const JSON_TYPE = 'application/json';
/** Fields of its body: no other is taken. */
export const EMBEDDINGS_FIELDS: readonly string[] = [
  'model',
  'input',
  'dimensions',
  'encoding_format',
  'input_type',
  'user',
];

/**
 * Reads the body of a call for embeddings.
 *
 * @throws BadRequest for anything that would not be honoured: no field is ignored.
 */
export function parseOpenAiEmbeddings(body: unknown): OpenAiEmbeddingsRequest {
  const fields = fieldsOf(body, null, EMBEDDINGS_FIELDS);
  const model = modelOf(fields);
  const family = embeddingFamilyOf(model);
  if (!family) {
    throw new BadRequest('model', 'expected one of an embedding family of Titan, Nova or Cohere');
  }
  // A hint to OpenAI alone: there is nothing here that it changes.
  optionalText(fields, 'user');
  const texts = textsOf(fields);
  const dimensions = optionalCount(fields, 'dimensions', { least: 1, most: MOST_DIMENSIONS });
  const inputType = optionalText(fields, 'input_type');
  const bodies = embeddingBodies(family, {
    inputs: texts.map((text) => ({ text })),
    ...(dimensions !== undefined && { dimensions }),
    ...(inputType !== undefined && { inputType }),
  });
  const call: InvokeCall = {
    ...{ kind: 'invoke', api: OPENAI_EMBEDDINGS, modelRequested: model, maxTokens: null },
    ...{ stream: false, bodies, contentType: JSON_TYPE, accept: JSON_TYPE, other: {}, headers: {} },
  };
  const encoding = optionalWord(fields, 'encoding_format', ['float', 'base64']) ?? 'float';
  return { call, family, count: texts.length, encoding };
}

function textsOf(fields: Fields): readonly string[] {
  const { input } = fields.values;
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (texts.some((one) => typeof one === 'number' || Array.isArray(one))) {
    throw new BadRequest(
      'input',
      'got tokens, expected text: models here have tokens of their own',
    );
  }
  if (texts.length === 0 || !texts.every((text) => typeof text === 'string' && text !== '')) {
    throw refusal(fields, 'input', 'text that is not empty, or a list of such texts');
  }
  if (texts.length > MOST_TEXTS) {
    throw new BadRequest('input', `got ${texts.length} texts, expected at most ${MOST_TEXTS}`);
  }
  return texts as readonly string[];
}

/** The body of the answer. */
export function openAiEmbeddings(
  { call, encoding }: OpenAiEmbeddingsRequest,
  vectors: readonly (readonly number[])[],
  usage: TokenUsage,
) {
  const data = vectors.map((vector, index) => {
    const embedding = encoding === 'base64' ? base64Of(vector) : vector;
    return { object: 'embedding', index, embedding };
  });
  const { prompt_tokens } = openAiUsage(usage);
  const used = { prompt_tokens, total_tokens: prompt_tokens };
  return { object: 'list', data, model: call.modelRequested, usage: used };
}

/** 32-bit floats, least byte first. */
function base64Of(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  for (const [at, value] of vector.entries()) view.setFloat32(at * 4, value, true);
  const letters = Array.from(new Uint8Array(view.buffer), (byte) => String.fromCharCode(byte));
  return btoa(letters.join(''));
}
