import { MESSAGE_FIELDS, REFUSED_FIELDS } from '../../domain/dialects/anthropic-request.ts';
import { EVENT_STREAM_TYPE } from '../../domain/dialects/server-sent-events.ts';
import type { Operations } from './operation.ts';
import { COUNT, FLAG, NULL, NUMBER, OBJECT, TEXT } from './schema.ts';
import { atLeast, bodyOf, exactly, listOf, orNull } from './schema.ts';
import type { Schema } from './schema.ts';

const headers = {
  'anthropic-version': { schema: TEXT },
  'anthropic-beta': {
    schema: TEXT,
    description: 'Names, with commas between; given to the model.',
  },
};

/** Fields with a meaning here, fields that are refused, and any other, which the model is given. */
function messageBody(required: readonly string[]): Schema {
  const body = bodyOf(MESSAGE_FIELDS, {
    required,
    types: {
      ...{ model: TEXT, messages: { type: 'array', minItems: 1, items: OBJECT } },
      ...{ system: { anyOf: [TEXT, listOf(OBJECT)] }, tools: listOf(OBJECT), tool_choice: OBJECT },
      ...{ max_tokens: COUNT, temperature: NUMBER, top_p: NUMBER, stop_sequences: listOf(TEXT) },
      ...{ stream: FLAG, metadata: OBJECT, service_tier: TEXT, speed: TEXT, thinking: OBJECT },
    },
  });
  const refused = Object.fromEntries(REFUSED_FIELDS.map((name) => [name, NULL]));
  const properties = { ...(body['properties'] as Schema), ...refused };
  return { ...body, properties, additionalProperties: true };
}

/** Anthropic's API; its list of models shares a path with OpenAI's. */
export const ANTHROPIC_OPERATIONS: Operations = {
  'POST /v1/messages': {
    summary: 'A message, whole or streamed.',
    headers,
    body: messageBody(['model', 'messages', 'max_tokens']),
    answer: exactly({
      ...{ id: TEXT, type: { const: 'message' }, role: { const: 'assistant' }, model: TEXT },
      ...{ container: NULL, content: listOf(atLeast({ type: TEXT })), stop_reason: TEXT },
      ...{ stop_sequence: orNull(TEXT), stop_details: NULL },
      usage: exactly({
        ...{ input_tokens: COUNT, output_tokens: COUNT, service_tier: TEXT },
        ...{ cache_creation_input_tokens: COUNT, cache_read_input_tokens: COUNT },
        cache_creation: exactly({
          ...{ ephemeral_5m_input_tokens: COUNT, ephemeral_1h_input_tokens: COUNT },
        }),
      }),
    }),
    ...{ stream: EVENT_STREAM_TYPE, metered: true },
  },
  'POST /v1/messages/count_tokens': {
    summary:
      'How many input tokens a message would have. Nothing is generated and nothing charged.',
    headers,
    body: messageBody(['model', 'messages']),
    answer: exactly({ input_tokens: COUNT }),
  },
};
