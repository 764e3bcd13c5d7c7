import type { ConverseRequest, ConverseTool, JsonObject, ToolConfig } from '../converse.ts';
import type { ConverseMessage } from '../converse.ts';
import { fieldsOf, optionalFlag, optionalText, refusal, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { isVendor } from './openai-vendor.ts';
import { BadRequest } from './problem.ts';

/** Which tools a model must use: any words of OpenAI's, or one tool by name. */
export type ToolChoice = 'none' | 'auto' | 'required' | { readonly name: string };

export interface ToolAsk {
  readonly tools: readonly ConverseTool[];
  readonly choice: ToolChoice;
  /** May the model ask for several tools at once? */
  readonly parallel: boolean;
}

const NO_PARAMETERS = { type: 'object', properties: {} };
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const FUNCTION_FIELDS = ['name', 'description', 'parameters', 'strict'];

/** The tools of a chat completion, each in a `function` of its own. */
export function nestedTools(fields: Fields): readonly ConverseTool[] {
  return toolsOf(fields, (value, path) => {
    const outer = fieldsOf(value, path, ['type', 'function']);
    return toolOf(fieldsOf(outer.values['function'], outer.pathOf('function'), FUNCTION_FIELDS));
  });
}

/** The tools of a response, whose fields stand beside their type. */
export function flatTools(fields: Fields): readonly ConverseTool[] {
  return toolsOf(fields, (value, path) =>
    toolOf(fieldsOf(value, path, ['type', ...FUNCTION_FIELDS])),
  );
}

function toolsOf(fields: Fields, read: (value: unknown, path: string) => ConverseTool) {
  const value = fields.values['tools'] ?? [];
  if (!Array.isArray(value)) throw refusal(fields, 'tools', 'a list');
  return value.map((one: unknown, index) => {
    const path = `${fields.pathOf('tools')}[${index}]`;
    if ((one as { type?: unknown } | null)?.type !== 'function') {
      throw new BadRequest(`${path}.type`, 'not supported, expected function');
    }
    return read(one, path);
  });
}

function toolOf(fields: Fields): ConverseTool {
  const description = optionalText(fields, 'description');
  const strict = optionalFlag(fields, 'strict');
  const parameters = fields.values['parameters'] ?? NO_PARAMETERS;
  if (typeof parameters !== 'object' || Array.isArray(parameters)) {
    throw refusal(fields, 'parameters', 'an object');
  }
  return {
    toolSpec: {
      name: toolName(fields, 'name'),
      ...(description !== undefined && description !== '' && { description }),
      inputSchema: { json: { ...NO_PARAMETERS, ...parameters } },
      // Only a model that can hold to it may be asked to; the others refuse it themselves.
      ...(strict === true && { strict }),
    },
  };
}

/** A name as tools have it. @throws BadRequest for any other text. */
export function toolName(fields: Fields, name: string): string {
  const text = requiredText(fields, name);
  if (TOOL_NAME.test(text)) return text;
  throw new BadRequest(fields.pathOf(name), 'expected 1 to 64 letters, digits, _ and -');
}

/**
 * Reads `tool_choice`.
 *
 * @param nested - Does a named function stand in an object of its own, as in a chat completion?
 */
export function toolChoiceOf(fields: Fields, nested: boolean): ToolChoice {
  const value = fields.values['tool_choice'] ?? 'auto';
  if (value === 'none' || value === 'auto' || value === 'required') return value;
  if ((value as { type?: unknown }).type !== 'function') {
    throw refusal(fields, 'tool_choice', 'none, auto, required or a function');
  }
  const path = fields.pathOf('tool_choice');
  if (!nested) return { name: toolName(fieldsOf(value, path, ['type', 'name']), 'name') };
  const named = fieldsOf(value, path, ['type', 'function']);
  const inner = fieldsOf(named.values['function'], named.pathOf('function'), ['name']);
  return { name: toolName(inner, 'name') };
}

/**
 * What Converse and the model are told about tools.
 *
 * @throws BadRequest for what Converse cannot say.
 */
export function toolSettings(
  ask: ToolAsk,
  messages: readonly ConverseMessage[],
  model: string,
): Pick<ConverseRequest, 'toolConfig'> & { readonly additional: JsonObject } {
  const { tools, choice, parallel } = ask;
  const used = messages.some(({ content }) => content.some((one) => one.toolUse ?? one.toolResult));
  if (used && (tools.length === 0 || choice === 'none')) {
    const field = choice === 'none' ? 'tool_choice' : 'tools';
    throw new BadRequest(field, 'expected the tools that the conversation has used already');
  }
  // Without tools there is nothing to choose from, and Converse has no word for it.
  if (choice === 'none') return { additional: {} };
  if (tools.length === 0) {
    if (choice === 'auto') return { additional: {} };
    throw new BadRequest('tool_choice', 'expected tools to choose from');
  }
  const toolChoice = converseChoice(ask);
  return {
    toolConfig: { tools, ...(toolChoice && { toolChoice }) },
    additional: parallel ? {} : oneAtATime(model, toolChoice !== undefined),
  };
}

/** `auto` is what Converse does unasked, and some models refuse to be told so. */
function converseChoice({ choice, tools }: ToolAsk): ToolConfig['toolChoice'] {
  if (choice === 'required') return { any: {} };
  if (typeof choice === 'string') return undefined;
  if (tools.some(({ toolSpec }) => toolSpec?.name === choice.name)) return { tool: choice };
  throw new BadRequest('tool_choice', 'expected the name of one of the tools');
}

/** Claude is told in its own words, whose type must not be said twice; others in OpenAI's. */
function oneAtATime(model: string, chosen: boolean): JsonObject {
  if (!isVendor(model, 'anthropic')) return { parallel_tool_calls: false };
  const type = chosen ? {} : { type: 'auto' };
  return { tool_choice: { ...type, disable_parallel_tool_use: true } };
}
