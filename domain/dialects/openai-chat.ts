import type { ConverseMessage } from '../converse.ts';
import type { ConverseCall } from '../model-call.ts';
import { fieldsOf, optionalCount, optionalFlag, optionalNumber } from './fields.ts';
import { kindOf, refusal, requiredList, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { BadRequest } from './problem.ts';

/** What `POST /v1/chat/completions` asked for. */
export interface OpenAiChatRequest {
  readonly call: ConverseCall;
  /** Ends a stream with a chunk that says what was used. */
  readonly includeUsage: boolean;
}

/** As usage lines name this dialect and operation. */
export const OPENAI_CHAT = 'openai.chat';
/** Tokens that may be generated where the request does not say. */
export const OPENAI_MAX_TOKENS_DEFAULT = 4096;

const MOST_TOKENS = 1_000_000;
const MOST_STOPS = 4;
const REQUEST_FIELDS = [
  ...['model', 'messages', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p'],
  ...['stop', 'stream', 'stream_options', 'n'],
];
const MESSAGE_FIELDS = ['role', 'content'];
/** Ours to accept: clients send back the whole message that we answered with. */
const ASSISTANT_FIELDS = [...MESSAGE_FIELDS, 'refusal'];

/** One turn, text only. */
interface Turn {
  readonly role: 'system' | ConverseMessage['role'];
  readonly text: string;
}

const ROLES: ReadonlyMap<unknown, Turn['role']> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
]);

/**
 * Reads the body of a chat completion.
 *
 * @throws BadRequest for anything that would not be honoured: no field is ignored.
 */
export function parseOpenAiChat(body: unknown): OpenAiChatRequest {
  const fields = fieldsOf(body, null, REQUEST_FIELDS);
  const modelRequested = requiredText(fields, 'model');
  if (modelRequested === '') throw new BadRequest('model', 'got empty text, expected a model id');
  const stream = optionalFlag(fields, 'stream') ?? false;
  optionalCount(fields, 'n', { least: 1, most: 1 });
  const temperature = optionalNumber(fields, 'temperature', { least: 0, most: 2 });
  const topP = optionalNumber(fields, 'top_p', { least: 0, most: 1 });
  const stopSequences = stopsOf(fields);
  const turns = requiredList(fields, 'messages').map(turnOf);
  const inferenceConfig = {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stopSequences && { stopSequences }),
  };
  const call: ConverseCall = {
    kind: 'converse',
    api: OPENAI_CHAT,
    modelRequested,
    maxTokens: maxTokensOf(fields),
    stream,
    request: { ...conversationOf(turns), inferenceConfig },
  };
  return { call, includeUsage: includeUsageOf(fields, stream) };
}

/** The same limit under its old and its new name; both at once could contradict each other. */
function maxTokensOf(fields: Fields): number {
  const bounds = { least: 1, most: MOST_TOKENS };
  const old = optionalCount(fields, 'max_tokens', bounds);
  const limit = optionalCount(fields, 'max_completion_tokens', bounds);
  if (old !== undefined && limit !== undefined) {
    throw new BadRequest('max_tokens', 'got max_completion_tokens too, expected one of them');
  }
  return limit ?? old ?? OPENAI_MAX_TOKENS_DEFAULT;
}

function stopsOf(fields: Fields): readonly string[] | undefined {
  const value = fields.values['stop'] ?? undefined;
  if (value === undefined) return undefined;
  const stops: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!stops.every((stop) => typeof stop === 'string' && stop !== '')) {
    throw refusal(fields, 'stop', 'text that is not empty, or a list of such texts');
  }
  if (stops.length > MOST_STOPS) {
    throw new BadRequest('stop', `got ${stops.length} texts, expected at most ${MOST_STOPS}`);
  }
  return stops.length === 0 ? undefined : (stops as readonly string[]);
}

function includeUsageOf({ values }: Fields, stream: boolean): boolean {
  const value = values['stream_options'] ?? undefined;
  if (value === undefined) return false;
  if (!stream) throw new BadRequest('stream_options', 'expected only where stream is true');
  const options = fieldsOf(value, 'stream_options', ['include_usage']);
  return optionalFlag(options, 'include_usage') ?? false;
}

/** System turns stand apart from the conversation, wherever they came in it. */
function conversationOf(turns: readonly Turn[]) {
  const system = turns.filter(({ role }) => role === 'system').map(({ text }) => ({ text }));
  const messages = turns.flatMap(({ role, text }) =>
    role === 'system' ? [] : [{ role, content: [{ text }] }],
  );
  return { messages, ...(system.length > 0 && { system }) };
}

function turnOf(value: unknown, index: number): Turn {
  const path = `messages[${index}]`;
  const assistant = (value as { role?: unknown } | null)?.role === 'assistant';
  const fields = fieldsOf(value, path, assistant ? ASSISTANT_FIELDS : MESSAGE_FIELDS);
  const role = ROLES.get(fields.values['role']);
  if (!role) {
    const got = kindOf(fields.values['role']);
    const expected = [...ROLES.keys()].join(', ');
    throw new BadRequest(`${path}.role`, `got ${got}, expected one of ${expected}`);
  }
  if ((fields.values['refusal'] ?? null) !== null) throw refusal(fields, 'refusal', 'null');
  return { role, text: textOf(fields) };
}

/** Parts are paragraphs: set end to end, the last word of one would run into the next. */
function textOf(fields: Fields): string {
  const { values, pathOf } = fields;
  if (typeof values['content'] === 'string') return values['content'];
  if (!Array.isArray(values['content'])) {
    throw refusal(fields, 'content', 'text or a list of text parts');
  }
  const parts = requiredList(fields, 'content').map((part, index) => {
    const path = `${pathOf('content')}[${index}]`;
    const type = (part as { type?: unknown } | null)?.type;
    if (type !== 'text') throw new BadRequest(`${path}.type`, 'not supported, expected text');
    return requiredText(fieldsOf(part, path, ['type', 'text']), 'text');
  });
  return parts.join('\n');
}
