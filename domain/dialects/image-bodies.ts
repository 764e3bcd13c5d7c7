import type { JsonObject } from '../converse.ts';
import { kindOf } from './fields.ts';
import { BadRequest } from './problem.ts';

/** Quantities that only a request tells, and that its model is paid by: meter → whole units. */
export type Counted = Readonly<Record<string, number>>;

/** Makers of pictures that are paid by size and quality. */
const BY_SIZE = /(?:^|[./])amazon\.(?:titan-image|nova-canvas)/;
const BY_PICTURE = /(?:^|[./])stability\./;
const RANKS_TEXTS = /(?:^|[./])(?:amazon|cohere)\.rerank/;
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
 * @throws BadRequest for a number of pictures that is none.
 */
export function countedInBody(model: string, fields: JsonObject): Counted {
  if (BY_SIZE.test(model)) return sizedPictures(fields);
  if (BY_PICTURE.test(model)) return { image: picturesAt(fields, 'samples') };
  if (RANKS_TEXTS.test(model)) return { search_unit: searchesIn(fields) };
  return {};
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
