import type { JsonObject } from '../converse.ts';
import { kindOf } from './fields.ts';
import { BadRequest } from './problem.ts';

/** Quantities that only a request tells, and that its model is paid by: meter → whole units. */
export type Counted = Readonly<Record<string, number>>;

/** What each family is paid by beside tokens; none of these is reported by anybody. */
const COUNTED: readonly (readonly [RegExp, (fields: JsonObject) => Counted])[] = [
  [/(?:^|[./])amazon\.(?:titan-image|nova-canvas)/, sizedPictures],
  [/(?:^|[./])stability\./, (fields) => ({ image: picturesAt(fields, 'samples') })],
  [/(?:^|[./])(?:amazon|cohere)\.rerank/, (fields) => ({ search_unit: searchesIn(fields) })],
  [/(?:^|[./])amazon\.titan-embed-image/, readPicture],
  [/(?:^|[./])amazon\.nova-[a-z0-9-]*embed/, novaInput],
  [/(?:^|[./])cohere\.embed-(?:english|multilingual)-v3/, readPictures],
  [/(?:^|[./])twelvelabs\.marengo/, marengoInput],
  [/(?:^|[./])twelvelabs\.pegasus/, () => refuseSeconds('mediaSource')],
];
/** Longest side of each size that is sold, in pixels. */
const SIZES = [512, 1024, 2048] as const;
const SIDE_DEFAULT = 1024;
const MOST_PICTURES = 10;
/** One search unit is one question over up to this many texts. */
const TEXTS_PER_SEARCH = 100;

/**
 * What a body in a model's own format asks for beside tokens. Nobody reports these: they are counted
 * where they are asked for.
 *
 * @throws BadRequest for a number of pictures that is none, and for sound and film, which are paid by
 * the second: how many there are, no request says.
 */
export function countedInBody(model: string, fields: JsonObject): Counted {
  return COUNTED.find(([pattern]) => pattern.test(model))?.[1](fields) ?? {};
}

function readPicture(fields: JsonObject): Counted {
  return (fields['inputImage'] ?? null) === null ? {} : { input_image: 1 };
}

function readPictures({ images = [] }: JsonObject): Counted {
  if (!Array.isArray(images))
    throw new BadRequest('images', `got ${kindOf(images)}, expected a list`);
  return images.length > 0 ? { input_image: images.length } : {};
}

function novaInput(fields: JsonObject): Counted {
  const { image, audio, video } = objectAt(fields, 'singleEmbeddingParams');
  if (audio !== undefined || video !== undefined) refuseSeconds('singleEmbeddingParams');
  if (image === undefined) return {};
  const { detailLevel } = objectAt({ image }, 'image');
  return {
    [detailLevel === 'DOCUMENT_IMAGE' ? 'input_image_document' : 'input_image_standard']: 1,
  };
}

function marengoInput({ inputType }: JsonObject): Counted {
  return inputType === 'text' ? { input_text_request: 1 } : refuseSeconds('inputType');
}

function refuseSeconds(field: string): never {
  throw new BadRequest(field, 'not supported: nobody says how many seconds it would be paid by');
}

/** `image_t2i_1024_standard` and its like, as the price list sells them. */
function sizedPictures(fields: JsonObject): Counted {
  const config = objectAt(fields, 'imageGenerationConfig');
  const kind = (fields['taskType'] ?? 'TEXT_IMAGE') === 'TEXT_IMAGE' ? 't2i' : 'i2i';
  const side = Math.max(sideAt(config, 'width'), sideAt(config, 'height'));
  const size = SIZES.find((one) => side <= one) ?? SIZES[SIZES.length - 1];
  const quality = (config['quality'] ?? 'standard') === 'standard' ? 'standard' : 'premium';
  return { [`image_${kind}_${size ?? ''}_${quality}`]: picturesAt(config, 'numberOfImages') };
}

function picturesAt(fields: JsonObject, name: string): number {
  const value = fields[name] ?? 1;
  if (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= 1 &&
    value <= MOST_PICTURES
  ) {
    return value;
  }
  throw new BadRequest(
    name,
    `got ${kindOf(value)}, expected a whole number from 1 to ${MOST_PICTURES}`,
  );
}

function sideAt(config: JsonObject, name: string): number {
  const value = config[name] ?? SIDE_DEFAULT;
  if (typeof value === 'number' && value > 0) return value;
  throw new BadRequest(`imageGenerationConfig.${name}`, `got ${kindOf(value)}, expected pixels`);
}

function searchesIn(fields: JsonObject): number {
  const texts = fields['documents'];
  if (Array.isArray(texts)) return Math.max(1, Math.ceil(texts.length / TEXTS_PER_SEARCH));
  throw new BadRequest('documents', `got ${kindOf(texts)}, expected a list`);
}

function objectAt(fields: JsonObject, name: string): JsonObject {
  const value = fields[name] ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
  throw new BadRequest(name, `got ${kindOf(value)}, expected an object`);
}
