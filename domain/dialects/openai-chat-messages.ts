import type { ContentBlock } from '../converse.ts';
import { fieldsOf, optionalText, refusal } from './fields.ts';
import type { Fields } from './fields.ts';
import { CHAT_PARTS, blocksOf, refuseFilled, toolInput, toolUseId } from './openai-parts.ts';
import { toolName } from './openai-tools.ts';
import { joinTexts, roleOf } from './openai-turns.ts';
import type { Turn } from './openai-turns.ts';
import { BadRequest } from './problem.ts';

const MESSAGE_FIELDS = ['role', 'content'];
const TOOL_FIELDS = [...MESSAGE_FIELDS, 'tool_call_id'];
/**
 * Clients send back the whole message that they were answered with, and what their SDK wrote into it.
 * Reasoning is read and left out: no model here takes it back without a signature.
 */
const ASSISTANT_FIELDS = [
  ...[...MESSAGE_FIELDS, 'refusal', 'tool_calls', 'function_call', 'audio', 'annotations'],
  ...['parsed', 'reasoning_content'],
];

/** One message of a chat completion, as the turn it is in Converse. */
export function chatTurn(value: unknown, index: number): Turn {
  const path = `messages[${index}]`;
  const role = (value as { role?: unknown } | null)?.role;
  if (role === 'tool') return toolTurn(fieldsOf(value, path, TOOL_FIELDS));
  if (role === 'assistant') return assistantTurn(fieldsOf(value, path, ASSISTANT_FIELDS));
  const fields = fieldsOf(value, path, MESSAGE_FIELDS);
  const turn = roleOf(role, fields.pathOf('role'));
  const kinds = turn === 'user' ? CHAT_PARTS.user : CHAT_PARTS.text;
  return { role: turn, blocks: blocksOf(fields, 'content', kinds) };
}

/** What a tool answered: in Converse the user says it. */
function toolTurn(fields: Fields): Turn {
  const content = blocksOf(fields, 'content', CHAT_PARTS.text);
  const toolResult = { toolUseId: toolUseId(fields, 'tool_call_id'), content };
  return { role: 'user', blocks: [{ toolResult }] };
}

function assistantTurn(fields: Fields): Turn {
  for (const unheard of ['function_call', 'audio']) {
    if ((fields.values[unheard] ?? null) !== null) throw refusal(fields, unheard, 'null');
  }
  refuseFilled(fields, 'annotations');
  optionalText(fields, 'reasoning_content');
  const refused = optionalText(fields, 'refusal');
  const said = [
    ...((fields.values['content'] ?? null) === null
      ? []
      : blocksOf(fields, 'content', CHAT_PARTS.assistant)),
    ...(refused === undefined ? [] : [{ text: refused }]),
  ];
  return { role: 'assistant', blocks: [...joinTexts(said), ...toolUses(fields)] };
}

function toolUses(fields: Fields): readonly ContentBlock[] {
  const calls = fields.values['tool_calls'] ?? [];
  if (!Array.isArray(calls)) throw refusal(fields, 'tool_calls', 'a list');
  return calls.map((value: unknown, index) => {
    const path = `${fields.pathOf('tool_calls')}[${index}]`;
    const call = fieldsOf(value, path, ['id', 'type', 'function', 'index']);
    const type = call.values['type'] ?? 'function';
    if (type !== 'function') {
      throw new BadRequest(call.pathOf('type'), 'not supported, expected function');
    }
    const known = ['name', 'arguments', 'parsed_arguments'];
    const named = fieldsOf(call.values['function'], call.pathOf('function'), known);
    const [name, input] = [toolName(named, 'name'), toolInput(named, 'arguments')];
    return { toolUse: { toolUseId: toolUseId(call, 'id'), name, input } };
  });
}
