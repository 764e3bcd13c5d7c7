import type { ConverseTool, JsonObject, ToolConfig } from '../converse.ts';
import { cachePointOf } from './anthropic-cache.ts';
import { fieldsOf, optionalFlag, optionalText, optionalWord, refusal } from './fields.ts';
import { requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { BadRequest } from './problem.ts';

/** The tools of a request: in Converse's words, and beside it what only Anthropic's models know. */
export interface AnthropicTools {
  readonly toolConfig?: ToolConfig;
  /** Fields for `additionalModelRequestFields`. */
  readonly extra: JsonObject;
}

const CUSTOM_FIELDS = [
  ...['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'],
  ...['defer_loading', 'eager_input_streaming', 'allowed_callers'],
];
/** Tools that Anthropic defined and the client runs: the model knows them, Converse does not. */
const DEFINED = /^(?:bash|text_editor|computer|memory)_\d{8}$/;
const CHOICES = ['auto', 'any', 'tool', 'none'] as const;

/**
 * Reads `tools` and `tool_choice`.
 *
 * @param used - Does the conversation hold uses of tools? Converse wants them defined then.
 * @throws BadRequest for tools that Anthropic would run itself: Bedrock does not.
 */
export function anthropicTools(fields: Fields, used: boolean): AnthropicTools {
  const value = fields.values['tools'] ?? [];
  if (!Array.isArray(value)) throw refusal(fields, 'tools', 'a list');
  const tools: ConverseTool[] = [];
  const defined: unknown[] = [];
  value.forEach((tool: unknown, index) => {
    const path = `${fields.pathOf('tools')}[${index}]`;
    const type = (tool as { readonly type?: unknown } | null | undefined)?.type ?? 'custom';
    if (typeof type === 'string' && DEFINED.test(type)) defined.push(tool);
    else if (type === 'custom') tools.push(...customTool(fieldsOf(tool, path, CUSTOM_FIELDS)));
    else throw new BadRequest(`${path}.type`, 'not supported: only tools that the client runs are');
  });
  const choice = choiceOf(fields);
  // Without tools the model can use none: the surest way, where no earlier use has to be explained.
  if (choice.none && !used) return { extra: {} };
  const extra = { ...choice.extra, ...(defined.length > 0 && { tools: defined }) };
  if (tools.length === 0) return { extra };
  return { toolConfig: { tools, ...choice.toolChoice }, extra };
}

function customTool(fields: Fields): readonly ConverseTool[] {
  refuseSpecial(fields);
  const { input_schema: json } = fields.values;
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw refusal(fields, 'input_schema', 'an object');
  }
  const description = optionalText(fields, 'description');
  const strict = optionalFlag(fields, 'strict');
  const toolSpec = {
    name: requiredText(fields, 'name'),
    ...(description !== undefined && { description }),
    inputSchema: { json },
    ...(strict !== undefined && { strict }),
  };
  return [{ toolSpec }, ...cachePointOf(fields)];
}

/** Fields that Converse has no place for may only say what is so anyway. */
function refuseSpecial(fields: Fields): void {
  for (const name of ['defer_loading', 'eager_input_streaming']) {
    if (optionalFlag(fields, name) === true) throw refusal(fields, name, 'false');
  }
  const callers = fields.values['allowed_callers'] ?? ['direct'];
  const direct = Array.isArray(callers) && callers.length === 1 && callers[0] === 'direct';
  if (!direct) throw refusal(fields, 'allowed_callers', 'direct alone');
}

interface Choice {
  readonly none: boolean;
  readonly toolChoice: Pick<ToolConfig, 'toolChoice'>;
  readonly extra: JsonObject;
}

const NO_CHOICE: Choice = { none: false, toolChoice: {}, extra: {} };

/** What Converse has no word for goes to Anthropic's models in their own. */
function choiceOf(fields: Fields): Choice {
  const value = fields.values['tool_choice'] ?? undefined;
  if (value === undefined) return NO_CHOICE;
  const known = ['type', 'name', 'disable_parallel_tool_use'];
  const choice = fieldsOf(value, fields.pathOf('tool_choice'), known);
  const type = optionalWord(choice, 'type', CHOICES);
  if (!type) throw refusal(choice, 'type', `one of ${CHOICES.join(', ')}`);
  const name = type === 'tool' ? requiredText(choice, 'name') : undefined;
  const alone = optionalFlag(choice, 'disable_parallel_tool_use') ?? false;
  if (type === 'none') return { ...NO_CHOICE, none: true, extra: { tool_choice: { type } } };
  if (alone) {
    const own = { type, ...(name !== undefined && { name }), disable_parallel_tool_use: true };
    return { ...NO_CHOICE, extra: { tool_choice: own } };
  }
  if (name !== undefined) return { ...NO_CHOICE, toolChoice: { toolChoice: { tool: { name } } } };
  const toolChoice = type === 'any' ? { any: {} } : { auto: {} };
  return { ...NO_CHOICE, toolChoice: { toolChoice } };
}
