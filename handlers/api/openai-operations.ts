import { CHAT_FIELDS } from '../../domain/dialects/openai-chat.ts';
import { EMBEDDINGS_FIELDS } from '../../domain/dialects/openai-embeddings.ts';
import { RESPONSES_FIELDS } from '../../domain/dialects/openai-responses.ts';
import { EVENT_STREAM_TYPE } from '../../domain/dialects/server-sent-events.ts';
import type { Operations } from './operation.ts';
import { COUNT, FLAG, INSTANT, NULL, NUMBER, OBJECT, TEXT } from './schema.ts';
import { atLeast, bodyOf, exactly, listOf, oneOf, orNull } from './schema.ts';

const shared = {
  ...{ model: TEXT, temperature: NUMBER, top_p: NUMBER, stream: FLAG, stream_options: OBJECT },
  ...{ tools: listOf(OBJECT), parallel_tool_calls: FLAG, service_tier: TEXT, store: FLAG },
};

const chatUsage = atLeast({ prompt_tokens: COUNT, completion_tokens: COUNT, total_tokens: COUNT });
const chatAnswer = exactly({
  ...{ id: TEXT, object: { const: 'chat.completion' }, created: COUNT, model: TEXT },
  choices: listOf(
    exactly({
      index: COUNT,
      message: atLeast({ role: { const: 'assistant' }, content: orNull(TEXT) }),
      ...{ logprobs: NULL, finish_reason: TEXT },
    }),
  ),
  ...{ usage: chatUsage, service_tier: TEXT, system_fingerprint: NULL },
});
const responsesAnswer = atLeast({
  ...{ id: TEXT, object: { const: 'response' }, created_at: COUNT, model: TEXT, error: NULL },
  status: oneOf(['completed', 'incomplete']),
  output: listOf(atLeast({ id: TEXT, type: oneOf(['message', 'function_call', 'reasoning']) })),
  usage: atLeast({ input_tokens: COUNT, output_tokens: COUNT, total_tokens: COUNT }),
});
const openAiModel = exactly({
  ...{ id: TEXT, object: { const: 'model' }, created: COUNT, owned_by: TEXT },
});
const anthropicModel = exactly({
  ...{ id: TEXT, type: { const: 'model' }, display_name: TEXT, created_at: INSTANT },
});
const version = {
  'anthropic-version': { schema: TEXT, description: 'Asks for the answer in Anthropic’s words.' },
};

/** OpenAI's API; docs/dialects/openai.md says what becomes of each field. */
export const OPENAI_OPERATIONS: Operations = {
  'GET /v1/models': {
    summary: 'Models that the caller may call, those that answer in text first.',
    headers: version,
    answer: {
      anyOf: [
        exactly({ object: { const: 'list' }, data: listOf(openAiModel) }),
        exactly({
          ...{ data: listOf(anthropicModel), has_more: FLAG },
          ...{ first_id: orNull(TEXT), last_id: orNull(TEXT) },
        }),
      ],
    },
  },
  'GET /v1/models/{model}': {
    summary: 'One of them.',
    headers: version,
    answer: { anyOf: [openAiModel, anthropicModel] },
  },
  'POST /v1/chat/completions': {
    summary: 'A chat completion, whole or streamed.',
    body: bodyOf(CHAT_FIELDS, {
      required: ['model', 'messages'],
      types: {
        ...{ ...shared, messages: { type: 'array', minItems: 1, items: OBJECT } },
        ...{ max_tokens: COUNT, max_completion_tokens: COUNT, n: COUNT, seed: { type: 'integer' } },
        ...{ stop: { anyOf: [TEXT, listOf(TEXT)] }, logprobs: FLAG, response_format: OBJECT },
        ...{
          reasoning_effort: TEXT,
          verbosity: TEXT,
          modalities: listOf(TEXT),
          logit_bias: OBJECT,
        },
        ...{ frequency_penalty: NUMBER, presence_penalty: NUMBER },
      },
    }),
    answer: chatAnswer,
    ...{ stream: EVENT_STREAM_TYPE, metered: true },
  },
  'POST /v1/responses': {
    summary: 'A response, whole or streamed. Nothing of it is kept.',
    body: bodyOf(RESPONSES_FIELDS, {
      required: ['model', 'input'],
      types: {
        ...{ ...shared, input: { anyOf: [TEXT, listOf(OBJECT)] }, instructions: TEXT },
        ...{ max_output_tokens: COUNT, text: OBJECT, reasoning: OBJECT, include: listOf(TEXT) },
      },
    }),
    answer: responsesAnswer,
    ...{ stream: EVENT_STREAM_TYPE, metered: true },
  },
  'POST /v1/embeddings': {
    summary: 'Vectors of texts, by models of Titan, Nova or Cohere.',
    body: bodyOf(EMBEDDINGS_FIELDS, {
      required: ['model', 'input'],
      types: {
        ...{ model: TEXT, input: { anyOf: [TEXT, listOf(TEXT)] }, dimensions: COUNT },
        encoding_format: oneOf(['float', 'base64']),
      },
    }),
    answer: exactly({
      ...{ object: { const: 'list' }, model: TEXT },
      data: listOf(
        exactly({
          ...{ object: { const: 'embedding' }, index: COUNT },
          embedding: { anyOf: [listOf(NUMBER), TEXT] },
        }),
      ),
      usage: exactly({ prompt_tokens: COUNT, total_tokens: COUNT }),
    }),
    metered: true,
  },
};
