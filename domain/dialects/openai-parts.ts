import type { ContentBlock, JsonObject } from '../converse.ts';
import { fieldsOf, optionalText, refusal, requiredList, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { documentBlock, imageBlock, refuseDetail } from './openai-media.ts';
import { joinTexts } from './openai-turns.ts';
import { BadRequest } from './problem.ts';

const BREAKPOINT = 'prompt_cache_breakpoint';

/** Reads one part of a kind. */
type ReadPart = (value: unknown, path: string) => readonly ContentBlock[];

/** Parts by their type, as one dialect names them. */
export type PartKinds = Readonly<Record<string, ReadPart>>;

const textPart: ReadPart = (value, path) => {
  const fields = fieldsOf(value, path, ['type', 'text', 'annotations', 'logprobs', BREAKPOINT]);
  refuseFilled(fields, 'annotations');
  refuseFilled(fields, 'logprobs');
  return [{ text: requiredText(fields, 'text') }, ...cachePoint(fields)];
};

/** What the assistant said instead of an answer is what it said. */
const refusalPart: ReadPart = (value, path) => [
  { text: requiredText(fieldsOf(value, path, ['type', 'refusal']), 'refusal') },
];

const nestedImage: ReadPart = (value, path) => {
  const outer = fieldsOf(value, path, ['type', 'image_url', BREAKPOINT]);
  const fields = fieldsOf(outer.values['image_url'], outer.pathOf('image_url'), ['url', 'detail']);
  refuseDetail(fields);
  return [imageBlock(fields, 'url'), ...cachePoint(outer)];
};

const flatImage: ReadPart = (value, path) => {
  const fields = fieldsOf(value, path, ['type', 'image_url', 'detail', 'file_id', BREAKPOINT]);
  refuseDetail(fields);
  refuseKept(fields);
  return [imageBlock(fields, 'image_url'), ...cachePoint(fields)];
};

const FILE_FIELDS = ['file_data', 'filename', 'file_id'];

const nestedFile: ReadPart = (value, path) => {
  const outer = fieldsOf(value, path, ['type', 'file', BREAKPOINT]);
  const fields = fieldsOf(outer.values['file'], outer.pathOf('file'), FILE_FIELDS);
  refuseKept(fields);
  return [documentBlock(fields), ...cachePoint(outer)];
};

const flatFile: ReadPart = (value, path) => {
  const known = ['type', ...FILE_FIELDS, 'file_url', 'detail', BREAKPOINT];
  const fields = fieldsOf(value, path, known);
  refuseKept(fields);
  refuseDetail(fields);
  return [documentBlock(fields), ...cachePoint(fields)];
};

/** What each role of a chat completion may say. */
export const CHAT_PARTS = {
  text: { text: textPart },
  user: { text: textPart, image_url: nestedImage, file: nestedFile },
  assistant: { text: textPart, refusal: refusalPart },
} as const satisfies Record<string, PartKinds>;

/** What each role of a response's input may say. */
export const RESPONSE_PARTS = {
  text: { input_text: textPart },
  user: { input_text: textPart, input_image: flatImage, input_file: flatFile },
  assistant: { output_text: textPart, input_text: textPart, refusal: refusalPart },
} as const satisfies Record<string, PartKinds>;

/** Content that is text or a list of parts. @throws BadRequest for parts of any other kind. */
export function blocksOf(fields: Fields, name: string, kinds: PartKinds): readonly ContentBlock[] {
  const value = fields.values[name];
  if (typeof value === 'string') return joinTexts([{ text: value }]);
  if (!Array.isArray(value)) throw refusal(fields, name, 'text or a list of parts');
  const blocks = requiredList(fields, name).flatMap((part, index) => {
    const path = `${fields.pathOf(name)}[${index}]`;
    const type = (part as { type?: unknown } | null)?.type;
    const read = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (read) return read(part, path);
    throw new BadRequest(
      `${path}.type`,
      `not supported, expected one of ${Object.keys(kinds).join(', ')}`,
    );
  });
  return joinTexts(blocks);
}

/** A list or object that clients send back empty. */
export function refuseFilled(fields: Fields, name: string): void {
  const value = fields.values[name] ?? [];
  if (!Array.isArray(value) || value.length > 0) throw refusal(fields, name, 'an empty list');
}

/** Everything up to a breakpoint is cached by models that cache, for as long as they do unasked. */
function cachePoint(fields: Fields): readonly ContentBlock[] {
  const value = fields.values[BREAKPOINT] ?? undefined;
  if (value === undefined) return [];
  const breakpoint = fieldsOf(value, fields.pathOf(BREAKPOINT), ['mode']);
  if (breakpoint.values['mode'] === 'explicit') return [{ cachePoint: { type: 'default' } }];
  throw refusal(breakpoint, 'mode', 'explicit');
}

/** Files are not kept here, and nothing is fetched from elsewhere. */
function refuseKept(fields: Fields): void {
  for (const name of ['file_id', 'file_url']) {
    if (optionalText(fields, name) === undefined) continue;
    throw new BadRequest(fields.pathOf(name), 'not supported, expected the bytes as a data: URL');
  }
}

/**
 * The input of a tool as a client sends it back: JSON text of an object.
 *
 * @throws BadRequest for any other text, without quoting it.
 */
export function toolInput(fields: Fields, name: string): JsonObject {
  const text = requiredText(fields, name);
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as JsonObject;
    }
  } catch {
    // The parser's own message quotes the text.
  }
  throw new BadRequest(fields.pathOf(name), 'expected the JSON text of an object');
}

const TOOL_USE_ID = /^[a-zA-Z0-9_-]{1,64}$/;

/** The id of a tool use. @throws BadRequest for what Converse takes for none. */
export function toolUseId(fields: Fields, name: string): string {
  const id = requiredText(fields, name);
  if (TOOL_USE_ID.test(id)) return id;
  throw new BadRequest(fields.pathOf(name), 'expected 1 to 64 letters, digits, _ and -');
}
