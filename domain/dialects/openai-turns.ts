import type { ContentBlock, ConverseMessage } from '../converse.ts';
import { BadRequest } from './problem.ts';

/** One message of a request: who speaks, and what. */
export interface Turn {
  readonly role: 'system' | ConverseMessage['role'];
  readonly blocks: readonly ContentBlock[];
}

const ROLES: ReadonlyMap<unknown, Turn['role']> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
]);

/** @throws BadRequest for a role that is none of OpenAI's, `tool` included: its messages are no turns. */
export function roleOf(value: unknown, path: string): Turn['role'] {
  const role = ROLES.get(value);
  if (role) return role;
  const expected = [...ROLES.keys()].join(', ');
  throw new BadRequest(path, `got another role, expected one of ${expected}`);
}

/**
 * The conversation as Converse wants it: system turns apart, wherever they came, and neighbours of one
 * role in one message. A turn that says nothing is no message.
 *
 * @param field - The field that the turns came in.
 * @throws BadRequest where the first turn is not the user's: Converse knows no other beginning.
 */
export function conversationOf(turns: readonly Turn[], field: string) {
  const system = turns.flatMap(({ role, blocks }) => (role === 'system' ? blocks : []));
  const messages: { role: ConverseMessage['role']; content: ContentBlock[] }[] = [];
  for (const { role, blocks } of turns) {
    if (role === 'system' || blocks.length === 0) continue;
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else messages.push({ role, content: [...blocks] });
  }
  if (messages[0]?.role !== 'user') {
    throw new BadRequest(field, 'expected something of the user first');
  }
  return { messages, ...(system.length > 0 && { system }) };
}

/**
 * Texts next to each other in one block: parts are paragraphs, and set end to end the last word of one
 * would run into the next. Empty ones are left out, because Converse takes no empty block.
 */
export function joinTexts(blocks: readonly ContentBlock[]): readonly ContentBlock[] {
  const joined: ContentBlock[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (block.text === '') continue;
    if (block.text === undefined || last?.text === undefined) joined.push(block);
    else joined[joined.length - 1] = { text: `${last.text}\n${block.text}` };
  }
  return joined;
}
