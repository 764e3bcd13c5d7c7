import type { ConverseTool, JsonObject } from '../converse.ts';
import type { ModelEvent } from '../model-call.ts';
import { fieldsOf, optionalFlag, optionalText, refusal } from './fields.ts';
import type { Fields } from './fields.ts';
import { toolName } from './openai-tools.ts';
import { isVendor } from './openai-vendor.ts';
import { BadRequest } from './problem.ts';

/** Vendors whose models Converse itself holds to a schema (Bedrock's guide, "structured output"). */
const NATIVE = [
  ...['anthropic', 'openai', 'qwen', 'deepseek', 'google', 'mistral', 'moonshot', 'moonshotai'],
  ...['minimax', 'nvidia'],
];
const ANY_JSON = 'json_answer';

/** How an answer in JSON is asked for: by Converse's own setting, or by a tool the model must use. */
export type JsonAsk =
  | { readonly textFormat: JsonObject }
  | { readonly tool: ConverseTool & { readonly toolSpec: object } };

/**
 * Reads the format of an answer; undefined for plain text.
 *
 * @param path - Where it stands: `response_format` or `text.format`.
 * @param nested - Does the schema stand in an object of its own, as in a chat completion?
 * @throws BadRequest for any other format.
 */
export function jsonAskOf(
  value: unknown,
  path: string,
  { model, nested }: { readonly model: string; readonly nested: boolean },
): JsonAsk | undefined {
  const type = (value as { type?: unknown } | null | undefined)?.type;
  if (value === undefined || value === null) return undefined;
  const schemaFields = ['name', 'description', 'schema', 'strict'];
  switch (type) {
    case 'text':
    case 'json_object':
      fieldsOf(value, path, ['type']);
      // No service takes JSON without a schema: a tool's input is JSON by its nature.
      return type === 'text' ? undefined : { tool: answerTool(ANY_JSON, { type: 'object' }) };
    case 'json_schema': {
      const outer = fieldsOf(value, path, ['type', ...(nested ? ['json_schema'] : schemaFields)]);
      const inner = nested
        ? fieldsOf(outer.values['json_schema'], outer.pathOf('json_schema'), schemaFields)
        : outer;
      return schemaAsk(inner, model);
    }
    default:
      throw new BadRequest(`${path}.type`, 'expected one of text, json_object, json_schema');
  }
}

function schemaAsk(fields: Fields, model: string): JsonAsk {
  const name = toolName(fields, 'name');
  const description = optionalText(fields, 'description');
  const { schema } = fields.values;
  // The schema is always held to, so that `strict` has nothing to add.
  optionalFlag(fields, 'strict');
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    throw refusal(fields, 'schema', 'an object');
  }
  if (!NATIVE.some((vendor) => isVendor(model, vendor))) {
    return { tool: answerTool(name, schema, description) };
  }
  const jsonSchema = {
    ...{ name, schema: JSON.stringify(schema) },
    ...(description !== undefined && description !== '' && { description }),
  };
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } };
}

function answerTool(name: string, json: object, description = 'Takes the whole answer, as JSON.') {
  return { toolSpec: { name, description, inputSchema: { json: { type: 'object', ...json } } } };
}

/**
 * Makes the input of the tool that stands for the answer the text of the answer, and leaves out what is
 * no part of it. Without such a tool events pass as they are.
 */
export function createJsonAnswer(tool: string | null) {
  let [inside, said] = [false, false];
  return function answered(event: ModelEvent): readonly ModelEvent[] {
    if (tool === null) return [event];
    if (event.type === 'tool_use') {
      // A second object after the first would be no JSON any more.
      inside = event.name === tool && !said;
      said ||= inside;
      return [];
    }
    if (event.type === 'tool_input') return inside ? [{ type: 'text', text: event.json }] : [];
    if (event.type === 'text') return [];
    if (event.type === 'block_end') inside = false;
    const used = event.type === 'end' && event.stopReason === 'tool_use';
    return [used ? { ...event, stopReason: 'end_turn' } : event];
  };
}
