import type { ContentBlock, ConverseMessage, JsonObject } from '../converse.ts';
import { cachePointOf } from './anthropic-cache.ts';
import { converseCitation } from './anthropic-citations.ts';
import { anthropicDocument, anthropicImage, anthropicSearchResult } from './anthropic-media.ts';
import { createDocumentNames } from './anthropic-media.ts';
import type { NameDocument } from './anthropic-media.ts';
import { fieldsOf, optionalFlag, refusal, requiredList, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { BadRequest } from './problem.ts';

/** A kind of block: its fields beside `type`, and what it is in Converse's words. */
interface BlockKind {
  readonly fields: readonly string[];
  readonly read: (fields: Fields, nameDocument: NameDocument) => ContentBlock;
}

const SEARCH_RESULT = { fields: ['source', 'title', 'content', 'citations'] };
/** Where a tool was called from: only straight from the conversation, here. */
const DIRECT = 'direct';

const RESULT_KINDS: ReadonlyMap<unknown, BlockKind> = new Map<unknown, BlockKind>([
  ['text', { fields: ['text', 'citations'], read: readText }],
  ['image', { fields: ['source'], read: anthropicImage }],
  ['document', { fields: ['source', 'title', 'context', 'citations'], read: anthropicDocument }],
  ['search_result', { ...SEARCH_RESULT, read: anthropicSearchResult }],
]);
const KINDS: ReadonlyMap<unknown, BlockKind> = new Map<unknown, BlockKind>([
  ...RESULT_KINDS,
  ['tool_use', { fields: ['id', 'name', 'input', 'caller'], read: readToolUse }],
  ['tool_result', { fields: ['tool_use_id', 'content', 'is_error'], read: readToolResult }],
  ['thinking', { fields: ['thinking', 'signature'], read: readThinking }],
  ['redacted_thinking', { fields: ['data'], read: readRedacted }],
]);

/**
 * The conversation in Converse's words; neighbours of one role become one message, as they are to the
 * model.
 *
 * @throws BadRequest for blocks that would not reach the model as they are meant, by name.
 */
export function anthropicMessages(fields: Fields): readonly ConverseMessage[] {
  const nameDocument = createDocumentNames();
  const messages: { role: ConverseMessage['role']; content: ContentBlock[] }[] = [];
  requiredList(fields, 'messages').forEach((value, index) => {
    const message = fieldsOf(value, `${fields.pathOf('messages')}[${index}]`, ['role', 'content']);
    const role = roleOf(message);
    const content = contentOf(message, nameDocument);
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...content);
    else messages.push({ role, content: [...content] });
  });
  return messages;
}

/** The system prompt in Converse's words. */
export function anthropicSystem(fields: Fields): readonly ContentBlock[] | undefined {
  const value = fields.values['system'] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value === '' ? undefined : [{ text: value }];
  if (!Array.isArray(value)) throw refusal(fields, 'system', 'text or a list of texts');
  return value.flatMap((block: unknown, index) => {
    const path = `${fields.pathOf('system')}[${index}]`;
    const text = fieldsOf(block, path, ['type', 'text', 'cache_control', 'citations']);
    if (text.values['type'] !== 'text') throw refusal(text, 'type', 'text');
    return [readText(text), ...cachePointOf(text)];
  });
}

function roleOf(message: Fields): ConverseMessage['role'] {
  const { role } = message.values;
  if (role === 'user' || role === 'assistant') return role;
  throw refusal(message, 'role', 'user or assistant');
}

function contentOf(message: Fields, nameDocument: NameDocument): readonly ContentBlock[] {
  const { content } = message.values;
  if (typeof content === 'string') return [{ text: content }];
  if (!Array.isArray(content)) throw refusal(message, 'content', 'text or a list of blocks');
  return content.flatMap((value: unknown, index) => {
    const path = `${message.pathOf('content')}[${index}]`;
    const { kind, fields } = blockOf({ value, path, kinds: KINDS, more: ['cache_control'] });
    return [kind.read(fields, nameDocument), ...cachePointOf(fields)];
  });
}

interface Found {
  readonly value: unknown;
  readonly path: string;
  readonly kinds: typeof KINDS;
  readonly more: readonly string[];
}

function blockOf({ value, path, kinds, more }: Found) {
  const type = (value as { readonly type?: unknown } | null | undefined)?.type;
  const kind = kinds.get(type);
  if (!kind) {
    const expected = [...kinds.keys()].join(', ');
    throw new BadRequest(`${path}.type`, `not supported, expected one of ${expected}`);
  }
  return { kind, fields: fieldsOf(value, path, ['type', ...kind.fields, ...more]) };
}

/** Texts of an earlier answer may name what they cite. */
function readText(fields: Fields): ContentBlock {
  const text = requiredText(fields, 'text');
  const citations = fields.values['citations'] ?? [];
  if (!Array.isArray(citations)) throw refusal(fields, 'citations', 'a list');
  if (citations.length === 0) return { text };
  const path = fields.pathOf('citations');
  const cited = citations.map((one: unknown, at) => converseCitation(one, `${path}[${at}]`));
  return { citationsContent: { content: [{ text }], citations: cited } };
}

function readToolUse(fields: Fields): ContentBlock {
  const caller = (fields.values['caller'] ?? { type: DIRECT }) as { readonly type?: unknown };
  if (caller.type !== DIRECT) {
    throw new BadRequest(`${fields.pathOf('caller')}.type`, `not supported, expected ${DIRECT}`);
  }
  const { input } = fields.values;
  if (typeof input !== 'object' || input === null) throw refusal(fields, 'input', 'an object');
  const [toolUseId, name] = [requiredText(fields, 'id'), requiredText(fields, 'name')];
  return { toolUse: { toolUseId, name, input } };
}

function readToolResult(fields: Fields, nameDocument: NameDocument): ContentBlock {
  const failed = optionalFlag(fields, 'is_error') ?? false;
  return {
    toolResult: {
      toolUseId: requiredText(fields, 'tool_use_id'),
      content: resultOf(fields, nameDocument),
      ...(failed && { status: 'error' }),
    },
  };
}

function resultOf(fields: Fields, nameDocument: NameDocument): readonly JsonObject[] {
  const content = fields.values['content'] ?? [];
  if (typeof content === 'string') return [{ text: content }];
  if (!Array.isArray(content)) throw refusal(fields, 'content', 'text or a list of blocks');
  return content.map((value: unknown, index) => {
    const path = `${fields.pathOf('content')}[${index}]`;
    const found = blockOf({ value, path, kinds: RESULT_KINDS, more: [] });
    return found.kind.read(found.fields, nameDocument);
  });
}

function readThinking(fields: Fields): ContentBlock {
  const text = requiredText(fields, 'thinking');
  const signature = requiredText(fields, 'signature');
  return { reasoningContent: { reasoningText: { text, signature } } };
}

function readRedacted(fields: Fields): ContentBlock {
  return { reasoningContent: { redactedContent: requiredText(fields, 'data') } };
}
