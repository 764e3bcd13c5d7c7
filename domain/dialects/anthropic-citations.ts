import type { JsonObject } from '../converse.ts';
import { fieldsOf, requiredText } from './fields.ts';
import { BadRequest } from './problem.ts';

/**
 * Where a cited text stands, in both languages: Anthropic's type and its three numbers, Converse's
 * member and its own. A web page is left out: no model on Bedrock searches the web for this dialect.
 */
const LOCATIONS = [
  {
    type: 'char_location',
    member: 'documentChar',
    numbers: ['document_index', 'start_char_index', 'end_char_index'],
    index: 'documentIndex',
  },
  {
    type: 'page_location',
    member: 'documentPage',
    numbers: ['document_index', 'start_page_number', 'end_page_number'],
    index: 'documentIndex',
  },
  {
    type: 'content_block_location',
    member: 'documentChunk',
    numbers: ['document_index', 'start_block_index', 'end_block_index'],
    index: 'documentIndex',
  },
  {
    type: 'search_result_location',
    member: 'searchResultLocation',
    numbers: ['search_result_index', 'start_block_index', 'end_block_index'],
    index: 'searchResultIndex',
  },
] as const;

/** A citation of Converse in Anthropic's words; undefined for a place that Anthropic has no word for. */
export function anthropicCitation(citation: JsonObject): JsonObject | undefined {
  const place = citation['location'] as Readonly<Record<string, JsonObject>> | undefined;
  const known = LOCATIONS.find(({ member }) => place?.[member]);
  const location = known && place?.[known.member];
  if (!known || !location) return undefined;
  const content = citation['sourceContent'] as readonly { readonly text?: string }[] | undefined;
  const text = content?.map((one) => one.text ?? '').join('') ?? '';
  const [index, start, end] = known.numbers;
  const title = citation['title'] ?? null;
  const named =
    known.index === 'documentIndex'
      ? { document_title: title, file_id: null }
      : { title, source: citation['source'] ?? '' };
  return {
    ...{ type: known.type, cited_text: text, ...named, [index]: location[known.index] },
    ...{ [start]: location['start'], [end]: location['end'] },
  };
}

/**
 * A citation that a client sends back with an answer, in Converse's words.
 *
 * @throws BadRequest for a place that Converse does not know.
 */
export function converseCitation(value: unknown, path: string): JsonObject {
  const type = (value as { readonly type?: unknown } | null)?.type;
  const known = LOCATIONS.find((one) => one.type === type);
  if (!known) {
    const expected = LOCATIONS.map((one) => one.type).join(', ');
    throw new BadRequest(`${path}.type`, `not supported, expected one of ${expected}`);
  }
  const names = ['type', 'cited_text', 'document_title', 'title', 'source', 'file_id'];
  const fields = fieldsOf(value, path, [...names, ...known.numbers]);
  const [index = 0, start = 0, end = 0] = known.numbers.map((name) => fields.values[name]);
  const title = fields.values['document_title'] ?? fields.values['title'] ?? undefined;
  const { source } = fields.values;
  return {
    ...(title !== undefined && { title }),
    ...(source !== undefined && { source }),
    sourceContent: [{ text: requiredText(fields, 'cited_text') }],
    location: { [known.member]: { [known.index]: index, start, end } },
  };
}
