import type { ContentBlock } from '../converse.ts';
import { optionalText, refusal, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { BadRequest } from './problem.ts';

const IMAGE_FORMATS: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/jpg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
]);

const OFFICE = 'application/vnd.openxmlformats-officedocument';
const DOCUMENT_FORMATS: ReadonlyMap<string, string> = new Map([
  ['application/pdf', 'pdf'],
  ['text/csv', 'csv'],
  ['application/msword', 'doc'],
  [`${OFFICE}.wordprocessingml.document`, 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  [`${OFFICE}.spreadsheetml.sheet`, 'xlsx'],
  ['text/html', 'html'],
  ['text/plain', 'txt'],
  ['text/markdown', 'md'],
]);

const DATA_URL = /^data:([a-z0-9.+/-]{1,127});base64,([A-Za-z0-9+/]+={0,2})$/i;
/** What Converse takes in the name of a document. */
const NAME_REFUSED = /[^A-Za-z0-9 ()[\]-]+/g;
const NAME_LENGTH_MAX = 200;

/**
 * An image, from the field that holds its data: URL.
 *
 * @throws BadRequest for any other URL: this gateway fetches nothing for anybody.
 */
export function imageBlock(fields: Fields, name: string): ContentBlock {
  const { format, bytes } = dataUrl(fields, name, IMAGE_FORMATS);
  return { image: { format, source: { bytes } } };
}

/** A document, from `file_data` and `filename`. @throws BadRequest where there is no data: URL. */
export function documentBlock(fields: Fields): ContentBlock {
  const { format, bytes } = dataUrl(fields, 'file_data', DOCUMENT_FORMATS);
  const stem = (optionalText(fields, 'filename') ?? '').replace(/\.[A-Za-z0-9]{1,5}$/, '');
  const plain = stem.replaceAll(NAME_REFUSED, ' ').replaceAll(/ +/g, ' ').trim();
  const name = plain.slice(0, NAME_LENGTH_MAX).trim() || 'document';
  return { document: { format, name, source: { bytes } } };
}

function dataUrl(fields: Fields, name: string, formats: ReadonlyMap<string, string>) {
  const text = requiredText(fields, name);
  const path = fields.pathOf(name);
  const [, type = '', bytes = ''] = DATA_URL.exec(text) ?? [];
  if (bytes === '' || bytes.length % 4 !== 0) {
    throw new BadRequest(path, 'expected a data: URL in base64; nothing is fetched from elsewhere');
  }
  const format = formats.get(type.toLowerCase());
  if (format) return { format, bytes };
  throw new BadRequest(path, `expected one of the types ${[...formats.keys()].join(', ')}`);
}

/** `detail` may only ask for what a model does anyway: it reads a picture as it comes. */
export function refuseDetail(fields: Fields): void {
  const detail = fields.values['detail'] ?? 'auto';
  if (detail !== 'auto' && detail !== 'high' && detail !== 'original') {
    throw refusal(fields, 'detail', 'auto or high: a picture is read as it comes');
  }
}
