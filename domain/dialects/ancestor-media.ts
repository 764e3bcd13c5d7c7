import type { JsonObject } from '../converse.ts';
import type { InvokeCall } from '../model-call.ts';
import type { AncestorAsk } from './ancestor-ask.ts';
import { embeddingBodies, embeddingFamilyOf } from './embedding-bodies.ts';
import type { EmbeddingFamily, EmbeddingInput } from './embedding-bodies.ts';
import { fieldsOf, optionalCount, optionalText, refusal, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { countedInBody } from './image-bodies.ts';
import { hasField } from './json-keys.ts';
import { BadRequest } from './problem.ts';

/** As usage lines name this dialect and its operations. */
export const ANCESTOR_EMBEDDINGS = 'ancestor.embeddings';
/** See `ANCESTOR_EMBEDDINGS`. */
export const ANCESTOR_IMAGE = 'ancestor.image';

/** A call for vectors, and how many are owed. */
export interface AncestorEmbeddings {
  readonly call: InvokeCall;
  readonly family: EmbeddingFamily;
  readonly count: number;
}

const MOST_TEXTS = 2048;
const MOST_DIMENSIONS = 65_536;
const JSON_TYPE = 'application/json';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** What base64 of a picture begins with, by its format. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'png'],
  ['/9j/', 'jpeg'],
  ['R0lGOD', 'gif'],
  ['UklGR', 'webp'],
];
/** Settings with a place of their own, or that would change what is read of the answer. */
const SETTINGS: ReadonlySet<string> = new Set(['input_type', 'dimensions', 'embedding_types']);
/** What pictures can be asked for by. */
const PROMPTS = ['text_prompts', 'prompt', 'textToImageParams'] as const;
/** Fields of the body of a call for pictures: no other is taken. */
export const IMAGE_FIELDS: readonly string[] = [...PROMPTS, 'parameters'];
/** The same for vectors. */
export const VECTOR_FIELDS: readonly string[] = ['inputs', 'parameters'];

/**
 * Reads the body of a call for vectors, of texts or of one picture.
 *
 * @throws BadRequest for anything that would not be honoured, by name.
 */
export function parseAncestorEmbeddings(body: unknown, ask: AncestorAsk): AncestorEmbeddings {
  const fields = fieldsOf(body, null, VECTOR_FIELDS);
  const { modelRequested } = ask;
  const family = embeddingFamilyOf(modelRequested);
  if (!family) {
    throw new BadRequest('model_id', 'expected an embedding model of Titan, Nova or Cohere');
  }
  const inputs = ask.kind === 'embeddings' ? textsOf(fields) : [pictureOf(fields)];
  const parameters = parametersOf(fields);
  const dimensions = optionalCount(parameters, 'dimensions', { least: 1, most: MOST_DIMENSIONS });
  const inputType = optionalText(parameters, 'input_type');
  if ((parameters.values['embedding_types'] ?? null) !== null) {
    throw refusal(parameters, 'embedding_types', 'nothing: vectors are of numbers here');
  }
  const asked = {
    inputs,
    ...(dimensions !== undefined && { dimensions }),
    ...(inputType !== undefined && { inputType }),
  };
  const bodies = embeddingBodies(family, asked).map((bytes) => withSettings(bytes, parameters));
  const other = bodies.map((one) => countedInBody(modelRequested, one)).reduce(sum, {});
  const call = invokeCall(ask, { api: ANCESTOR_EMBEDDINGS, bodies, other });
  return { call, family, count: inputs.length };
}

/** Reads the body of a call for pictures. @throws BadRequest as above. */
export function parseAncestorImage(body: unknown, ask: AncestorAsk): InvokeCall {
  const fields = fieldsOf(body, null, IMAGE_FIELDS);
  const prompts = PROMPTS.filter((name) => (fields.values[name] ?? null) !== null);
  const [prompt] = prompts;
  if (prompt === undefined || prompts.length > 1) {
    throw new BadRequest(prompts[1] ?? null, `expected one of ${PROMPTS.join(', ')}`);
  }
  const parameters = parametersOf(fields);
  if (Object.hasOwn(parameters.values, prompt)) throw refusal(parameters, prompt, 'nothing');
  const taskType = prompt === 'textToImageParams' ? { taskType: 'TEXT_IMAGE' } : {};
  const own = { ...taskType, ...parameters.values, [prompt]: fields.values[prompt] };
  const other = countedInBody(ask.modelRequested, own);
  if (Object.keys(other).length === 0) {
    throw new BadRequest('model_id', 'expected a model that makes pictures');
  }
  return invokeCall(ask, { api: ANCESTOR_IMAGE, bodies: [own], other });
}

interface Bodies {
  readonly api: string;
  readonly bodies: readonly JsonObject[];
  readonly other: InvokeCall['other'];
}

function invokeCall({ modelRequested }: AncestorAsk, { api, bodies, other }: Bodies): InvokeCall {
  for (const body of bodies) {
    if (hasField(body, 's3Location')) {
      throw new BadRequest('parameters', 'got s3Location, expected bytes');
    }
  }
  return {
    ...{ kind: 'invoke', api, modelRequested, stream: false, maxTokens: null },
    bodies: bodies.map((body) => new TextEncoder().encode(JSON.stringify(body))),
    ...{ contentType: JSON_TYPE, accept: JSON_TYPE, other, headers: {} },
  };
}

function textsOf(fields: Fields): readonly EmbeddingInput[] {
  const { inputs } = fields.values;
  const texts: readonly unknown[] = Array.isArray(inputs) ? inputs : [inputs];
  const isText = (text: unknown) => typeof text === 'string' && text !== '';
  if (texts.length === 0 || texts.length > MOST_TEXTS || !texts.every(isText)) {
    throw refusal(fields, 'inputs', `text that is not empty, or 1 to ${MOST_TEXTS} such texts`);
  }
  return (texts as readonly string[]).map((text) => ({ text }));
}

function pictureOf(fields: Fields): EmbeddingInput {
  const bytes = requiredText(fields, 'inputs');
  const format = BEGINNINGS.find(([beginning]) => bytes.startsWith(beginning))?.[1];
  if (format === undefined || !BASE64.test(bytes)) {
    const expected = BEGINNINGS.map(([, name]) => name).join(', ');
    throw refusal(fields, 'inputs', `base64 of a picture: ${expected}`);
  }
  return { image: { format, bytes } };
}

/** A model's own settings beside what is embedded, which they may not replace. */
function withSettings(bytes: Uint8Array, { values, pathOf }: Fields): JsonObject {
  const body = JSON.parse(new TextDecoder().decode(bytes)) as JsonObject;
  const more = Object.entries(values).filter(([name]) => !SETTINGS.has(name));
  for (const [name] of more) {
    if (Object.hasOwn(body, name)) {
      throw new BadRequest(pathOf(name), 'not supported, expected it in inputs');
    }
  }
  return { ...body, ...Object.fromEntries(more) };
}

function parametersOf(fields: Fields): Fields {
  const value = fields.values['parameters'] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw refusal(fields, 'parameters', 'an object');
  }
  return { values: value as JsonObject, pathOf: (name) => `parameters.${name}` };
}

function sum(left: InvokeCall['other'], right: InvokeCall['other']): InvokeCall['other'] {
  const added = { ...left };
  for (const [meter, units] of Object.entries(right)) added[meter] = (added[meter] ?? 0) + units;
  return added;
}
