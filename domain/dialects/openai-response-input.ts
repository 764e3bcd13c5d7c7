import { fieldsOf, optionalText, refusal, requiredList, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { RESPONSE_PARTS, blocksOf, refuseFilled, toolInput, toolUseId } from './openai-parts.ts';
import { unpackThought } from './openai-reasoning.ts';
import { toolName } from './openai-tools.ts';
import { roleOf } from './openai-turns.ts';
import type { Turn } from './openai-turns.ts';
import { BadRequest } from './problem.ts';

/** What clients hand back of an answer's items beside their content: it says nothing to a model. */
const ANSWERED = ['id', 'status', 'type'];

type ReadItem = (value: unknown, path: string) => Turn;

const ITEMS: Readonly<Record<string, ReadItem>> = {
  message: (value, path) => {
    const fields = fieldsOf(value, path, [...ANSWERED, 'role', 'content', 'phase']);
    optionalText(fields, 'phase');
    const role = roleOf(fields.values['role'], fields.pathOf('role'));
    const kinds = RESPONSE_PARTS[role === 'system' ? 'text' : role];
    return { role, blocks: blocksOf(fields, 'content', kinds) };
  },
  function_call: (value, path) => {
    const fields = fieldsOf(value, path, [...ANSWERED, 'call_id', 'name', 'arguments']);
    const id = toolUseId(fields, 'call_id');
    const [name, input] = [toolName(fields, 'name'), toolInput(fields, 'arguments')];
    return { role: 'assistant', blocks: [{ toolUse: { toolUseId: id, name, input } }] };
  },
  function_call_output: (value, path) => {
    const fields = fieldsOf(value, path, [...ANSWERED, 'call_id', 'output']);
    const content = blocksOf(fields, 'output', RESPONSE_PARTS.user);
    const toolResult = { toolUseId: toolUseId(fields, 'call_id'), content };
    return { role: 'user', blocks: [{ toolResult }] };
  },
  reasoning: (value, path) => {
    const known = [...ANSWERED, 'summary', 'content', 'encrypted_content'];
    const fields = fieldsOf(value, path, known);
    readSummary(fields);
    refuseFilled(fields, 'content');
    return { role: 'assistant', blocks: unpackThought(fields) };
  },
};

/** What a client was told of a thought: the thought itself is in its packed form. */
function readSummary(fields: Fields): void {
  const summary = fields.values['summary'] ?? [];
  if (!Array.isArray(summary)) throw refusal(fields, 'summary', 'a list');
  for (const [index, one] of summary.entries()) {
    const path = `${fields.pathOf('summary')}[${index}]`;
    requiredText(fieldsOf(one, path, ['type', 'text']), 'text');
  }
}

/** The turns of `input`: text, or items of a conversation. */
export function inputTurns(fields: Fields): readonly Turn[] {
  if (typeof fields.values['input'] === 'string') {
    return [{ role: 'user', blocks: blocksOf(fields, 'input', {}) }];
  }
  return requiredList(fields, 'input').map((value, index) => {
    const path = `input[${index}]`;
    const type = (value as { type?: unknown } | null)?.type ?? 'message';
    if (typeof type === 'string' && Object.hasOwn(ITEMS, type)) {
      return (ITEMS[type] as ReadItem)(value, path);
    }
    const expected = `expected one of ${Object.keys(ITEMS).join(', ')}`;
    const advice = 'items are not kept here: send them whole, with store set to false';
    const known = type === 'item_reference' ? advice : expected;
    throw new BadRequest(`${path}.type`, `not supported, ${known}`);
  });
}
