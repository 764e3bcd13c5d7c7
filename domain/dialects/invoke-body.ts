import type { JsonObject } from '../converse.ts';
import type { InvokeCall, ModelCall } from '../model-call.ts';
import { kindOf } from './fields.ts';
import { hasField, refuseDoubledKeys } from './json-keys.ts';
import { BadRequest } from './problem.ts';

/** Where a body says how many tokens may be generated: one name inside the other. */
export type CapPlace = readonly string[];

/** How the bodies of a family of models are read. */
interface BodyFamily {
  /** Where its models look for their output cap; the first is written where there is none. */
  readonly places: readonly CapPlace[];
}

/** Tokens that may be generated where a body does not say. */
export const INVOKE_MAX_TOKENS_DEFAULT = 4096;
const MOST_TOKENS = 1_000_000;

const MAX_TOKENS: CapPlace = ['max_tokens'];
const CHAT: BodyFamily = { places: [MAX_TOKENS, ['max_completion_tokens']] };
const NO_TEXT: BodyFamily = { places: [] };

/** Families by what their ids begin with; the first that fits. */
const FAMILIES: readonly (readonly [RegExp, BodyFamily])[] = [
  [
    /^(?:amazon\.titan-embed|amazon\.nova-[a-z0-9-]*embed|cohere\.embed|twelvelabs\.marengo)/,
    NO_TEXT,
  ],
  [/^(?:amazon\.titan-image|amazon\.nova-canvas|stability\.)/, NO_TEXT],
  [/^(?:amazon|cohere)\.rerank/, NO_TEXT],
  [/^anthropic\./, { places: [MAX_TOKENS, ['max_tokens_to_sample']] }],
  [/^amazon\.nova/, { places: novaPlaces() }],
  [/^amazon\.titan/, { places: [['textGenerationConfig', 'maxTokenCount']] }],
  [/^meta\./, { places: [['max_gen_len']] }],
  [/^ai21\.j2/, { places: [['maxTokens']] }],
  [/^twelvelabs\.pegasus/, { places: [['maxOutputTokens']] }],
  // TGI and most containers on SageMaker.
  [/^sagemaker\//, { places: [MAX_TOKENS, ['parameters', 'max_new_tokens']] }],
  [/^openai\./, { places: [['max_completion_tokens'], MAX_TOKENS] }],
  [
    /^(?:mistral|cohere|ai21|deepseek|qwen|google|minimax|moonshot|moonshotai|nvidia|writer|xai|zai)\./,
    CHAT,
  ],
];

/** Every place that any family knows: what a model we cannot name might obey. */
const ALL_PLACES: readonly CapPlace[] = [
  ...new Map(
    FAMILIES.flatMap(([, { places }]) => places).map((place) => [place.join('.'), place]),
  ).values(),
];
/** Fields that make several answers of one request, each as long as the cap allows. */
const MULTIPLIERS = ['n', 'best_of', 'num_generations', 'numResults', 'num_return_sequences'];
const ID = /^(?:arn:[^/]*\/)?(?:(?:global|us-gov|us|eu|apac|au|jp|in|ca|sa|me|af)\.)?(?<id>.*)$/;

/** What `readInvokeBody` found out. */
export interface InvokeBody {
  readonly fields: JsonObject;
  /** As it came, or with an output cap where it had none. */
  readonly bytes: Uint8Array;
  /** Most tokens that may be generated; null for models that generate none. */
  readonly maxTokens: number | null;
}

/**
 * Reads a body in a model's own format and leaves it untouched, but for an output cap where it has none.
 *
 * @param value - The same body, parsed.
 * @throws BadRequest for a cap that cannot be found or is none, for several answers at once, and for
 * what would be read with this gateway's own rights.
 */
export function readInvokeBody(model: string, bytes: Uint8Array, value: unknown): InvokeBody {
  const fields = objectOf(value);
  refuseDoubledKeys(new TextDecoder().decode(bytes));
  if (hasField(fields, 's3Location'))
    throw new BadRequest('s3Location', 'not supported, expected bytes');
  const family = familyOf(model);
  if (family?.places.length === 0) return { fields, bytes, maxTokens: null };
  refuseMultipliers(fields);
  const caps = ALL_PLACES.flatMap((place) => capAt(fields, place) ?? []);
  const places = family?.places ?? ALL_PLACES;
  if (places.some((place) => capAt(fields, place) !== undefined)) {
    return { fields, bytes, maxTokens: Math.max(...caps) };
  }
  const [place] = family?.places ?? [];
  if (!place) {
    const expected = ALL_PLACES.map((one) => one.join('.')).join(', ');
    throw new BadRequest(null, `got no output cap, expected one of ${expected}`);
  }
  const maxTokens = Math.max(INVOKE_MAX_TOKENS_DEFAULT, ...caps);
  return { fields, bytes: encoded(withCap(fields, place, INVOKE_MAX_TOKENS_DEFAULT)), maxTokens };
}

/**
 * The call with at most so many tokens to generate, said where its model will read it. Models that
 * generate none are left alone, and so is a cap that is lower already.
 */
export function withOutputCap<Call extends ModelCall>(call: Call, maxTokens: number): Call {
  if (call.kind === 'converse') {
    return { ...call, maxTokens: Math.min(call.maxTokens ?? maxTokens, maxTokens) };
  }
  if (call.maxTokens === null || call.maxTokens <= maxTokens) return call;
  return {
    ...call,
    maxTokens,
    bodies: call.bodies.map((body) => cappedBody(call, body, maxTokens)),
  };
}

function cappedBody({ modelRequested }: InvokeCall, body: Uint8Array, cap: number): Uint8Array {
  let fields = objectOf(JSON.parse(new TextDecoder().decode(body)));
  const places = familyOf(modelRequested)?.places ?? [];
  for (const place of ALL_PLACES) {
    const found = capAt(fields, place);
    if (found !== undefined) fields = withCap(fields, place, Math.min(found, cap));
  }
  const [first] = places;
  const said = places.some((place) => capAt(fields, place) !== undefined);
  return encoded(first && !said ? withCap(fields, first, cap) : fields);
}

/**
 * Refuses fields beside a conversation (Converse's `additionalModelRequestFields`) that its model would
 * read as another output cap, or as several answers.
 *
 * @param path - Where the fields stand; undefined for the body itself.
 */
export function refuseOutputCaps(fields: JsonObject, path?: string): void {
  for (const place of ALL_PLACES) {
    if (!isSaid(fields, place)) continue;
    const field = [...(path === undefined ? [] : [path]), ...place].join('.');
    throw new BadRequest(field, 'not supported, expected the output cap in its own place');
  }
  refuseMultipliers(fields, path);
}

/**
 * Do two models read bodies of one format and answer them in text? Vectors of two models cannot be
 * compared, and pictures are paid by other units: nothing of that kind does.
 */
export function sharesBodyFamily(model: string, other: string): boolean {
  const family = familyOf(model);
  return (
    family !== undefined &&
    family.places.length > 0 &&
    family === familyOf(other) &&
    vendorOf(model) !== undefined &&
    vendorOf(model) === vendorOf(other)
  );
}

/** Does a model of this id answer in text, as far as its id tells? */
export function mayAnswerInText(model: string): boolean {
  return familyOf(model)?.places.length !== 0;
}

/** `sagemaker/…` has none: each container has a format of its own. */
function vendorOf(model: string): string | undefined {
  return /^(?<vendor>[a-z0-9]+)\./.exec(ID.exec(model)?.groups?.['id'] ?? '')?.groups?.['vendor'];
}

/** Undefined for a model that its id does not name. */
function familyOf(model: string): BodyFamily | undefined {
  const id = ID.exec(model)?.groups?.['id'] ?? model;
  return FAMILIES.find(([pattern]) => pattern.test(id))?.[1];
}

function novaPlaces(): readonly CapPlace[] {
  return ['maxTokens', 'max_new_tokens'].map((name) => ['inferenceConfig', name]);
}

function refuseMultipliers(fields: JsonObject, path?: string): void {
  for (const name of MULTIPLIERS) {
    const value = Object.hasOwn(fields, name) ? (fields[name] ?? 1) : 1;
    if (value === 1) continue;
    const field = path === undefined ? name : `${path}.${name}`;
    throw new BadRequest(field, `got ${kindOf(value)}, expected 1: one answer per call`);
  }
}

function isSaid(fields: JsonObject, [name = '', inner]: CapPlace): boolean {
  if (!Object.hasOwn(fields, name)) return false;
  const value = fields[name];
  if (inner === undefined) return true;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, inner);
}

/** @throws BadRequest for a cap that is no number, or a place of caps that is no object. */
function capAt(fields: JsonObject, [name = '', inner]: CapPlace): number | undefined {
  if (!Object.hasOwn(fields, name)) return undefined;
  const value = fields[name];
  if (inner !== undefined) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return capAt(value as JsonObject, [inner]);
    }
    throw new BadRequest(name, `got ${kindOf(value)}, expected an object`);
  }
  const isCap = Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_TOKENS;
  if (isCap) return value as number;
  throw new BadRequest(
    name,
    `got ${kindOf(value)}, expected a whole number from 0 to ${MOST_TOKENS}`,
  );
}

function withCap(fields: JsonObject, [name = '', inner]: CapPlace, cap: number): JsonObject {
  if (inner === undefined) return { ...fields, [name]: cap };
  const within = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return { ...fields, [name]: { ...(within as JsonObject | undefined), [inner]: cap } };
}

function objectOf(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new BadRequest(null, `got ${kindOf(value)}, expected an object`);
}

function encoded(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
