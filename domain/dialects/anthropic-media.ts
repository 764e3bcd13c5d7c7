import type { ContentBlock } from '../converse.ts';
import { fieldsOf, optionalFlag, optionalText, optionalWord, requiredText } from './fields.ts';
import { refusal, requiredList } from './fields.ts';
import type { Fields } from './fields.ts';
import { BadRequest } from './problem.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;
/** What Converse takes in the name of a document. */
const NAME_REFUSED = /[^A-Za-z0-9 ()[\]-]+/g;
const NAME_LENGTH_MAX = 180;

/** Names for documents: Converse wants one for each, all different, of plain letters. */
export type NameDocument = (title: string | undefined) => string;

/** Gives each document of one request a name of its own, after its title where it has one. */
export function createDocumentNames(): NameDocument {
  const given = new Set<string>();
  return function nameDocument(title = '') {
    const plain = title.replaceAll(NAME_REFUSED, ' ').replaceAll(/ +/g, ' ').trim();
    const stem = plain.slice(0, NAME_LENGTH_MAX).trim();
    let name = stem === '' ? `document ${given.size + 1}` : stem;
    while (given.has(name)) name = `${stem === '' ? 'document' : stem} ${given.size + 1}`;
    given.add(name);
    return name;
  };
}

/** A picture. @throws BadRequest for one that would have to be fetched: nothing is, for anybody. */
export function anthropicImage(fields: Fields): ContentBlock {
  const source = sourceOf(fields, ['base64']);
  const type = optionalWord(source, 'media_type', IMAGES);
  if (!type) throw refusal(source, 'media_type', `one of ${IMAGES.join(', ')}`);
  return { image: { format: type.slice('image/'.length), source: { bytes: bytesOf(source) } } };
}

/** A document: a PDF, plain text, or text in blocks that can be cited one by one. */
export function anthropicDocument(fields: Fields, nameDocument: NameDocument): ContentBlock {
  const source = sourceOf(fields, ['base64', 'text', 'content']);
  const title = optionalText(fields, 'title');
  const context = optionalText(fields, 'context');
  return {
    document: {
      ...documentSource(source),
      name: nameDocument(title),
      ...(context !== undefined && { context }),
      ...citationsOf(fields),
    },
  };
}

/** A result of a search that the client made, to be cited. */
export function anthropicSearchResult(fields: Fields): ContentBlock {
  const content = requiredList(fields, 'content').map((part, index) => {
    const path = `${fields.pathOf('content')}[${index}]`;
    const text = fieldsOf(part, path, ['type', 'text']);
    if (text.values['type'] !== 'text') throw refusal(text, 'type', 'text');
    return { text: requiredText(text, 'text') };
  });
  const [source, title] = [requiredText(fields, 'source'), requiredText(fields, 'title')];
  return { searchResult: { source, title, content, ...citationsOf(fields) } };
}

function citationsOf(fields: Fields) {
  const value = fields.values['citations'] ?? undefined;
  if (value === undefined) return {};
  const settings = fieldsOf(value, fields.pathOf('citations'), ['enabled']);
  return { citations: { enabled: optionalFlag(settings, 'enabled') ?? false } };
}

function documentSource(source: Fields) {
  switch (source.values['type']) {
    case 'text':
      plainType(source);
      return { format: 'txt', source: { text: requiredText(source, 'data') } };
    case 'content':
      return { format: 'txt', source: { content: textBlocks(source) } };
    default:
      if (source.values['media_type'] !== 'application/pdf') {
        throw refusal(source, 'media_type', 'application/pdf');
      }
      return { format: 'pdf', source: { bytes: bytesOf(source) } };
  }
}

function plainType(source: Fields): void {
  if (source.values['media_type'] !== 'text/plain')
    throw refusal(source, 'media_type', 'text/plain');
}

function textBlocks(source: Fields) {
  const { content } = source.values;
  if (typeof content === 'string') return [{ text: content }];
  return requiredList(source, 'content').map((part, index) => {
    const path = `${source.pathOf('content')}[${index}]`;
    return { text: requiredText(fieldsOf(part, path, ['type', 'text']), 'text') };
  });
}

const SOURCE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  base64: ['type', 'media_type', 'data'],
  text: ['type', 'media_type', 'data'],
  content: ['type', 'content'],
};

function sourceOf(fields: Fields, types: readonly string[]): Fields {
  const path = fields.pathOf('source');
  const value = fields.values['source'];
  const type = (value as { readonly type?: unknown } | null | undefined)?.type;
  const known = types.find((one) => one === type);
  if (known === undefined) {
    const expected = `expected ${types.join(', ')}: nothing is fetched from elsewhere`;
    throw new BadRequest(`${path}.type`, `not supported, ${expected}`);
  }
  return fieldsOf(value, path, SOURCE_FIELDS[known] ?? []);
}

function bytesOf(source: Fields): string {
  const bytes = requiredText(source, 'data');
  if (BASE64.test(bytes)) return bytes;
  throw new BadRequest(source.pathOf('data'), 'got text, expected base64');
}
