import { CONVERSE_FIELDS } from '../../domain/dialects/bedrock-converse.ts';
import { COUNTED, COUNTED_FIELDS } from '../../domain/dialects/bedrock-count.ts';
import { AWS_EVENT_STREAM_TYPE } from '../../domain/dialects/event-stream.ts';
import type { Operations } from './operation.ts';
import { ANYTHING, COUNT, OBJECT, TEXT, atLeast, bodyOf, exactly, listOf } from './schema.ts';

const messages = { type: 'array', minItems: 1, items: OBJECT };
const conversation = bodyOf(CONVERSE_FIELDS, {
  required: ['messages'],
  types: {
    ...{ messages, system: listOf(OBJECT), inferenceConfig: OBJECT, toolConfig: OBJECT },
    ...{ guardrailConfig: OBJECT, additionalModelRequestFields: OBJECT, outputConfig: OBJECT },
    ...{ performanceConfig: OBJECT, serviceTier: OBJECT },
    additionalModelResponseFieldPaths: listOf(TEXT),
  },
});
const counted = bodyOf(COUNTED_FIELDS, { required: ['messages'], types: { messages } });

/** Bedrock's own API, as AWS's SDKs and CLI speak it. */
export const BEDROCK_OPERATIONS: Operations = {
  'POST /model/{modelId}/converse': {
    summary: 'A conversation.',
    body: conversation,
    answer: atLeast({
      output: exactly({
        message: exactly({ role: { const: 'assistant' }, content: listOf(OBJECT) }),
      }),
      ...{ stopReason: TEXT, metrics: atLeast({ latencyMs: COUNT }) },
      usage: atLeast({ inputTokens: COUNT, outputTokens: COUNT, totalTokens: COUNT }),
    }),
    metered: true,
  },
  'POST /model/{modelId}/converse-stream': {
    summary: 'A conversation, streamed.',
    body: conversation,
    ...{ stream: AWS_EVENT_STREAM_TYPE, metered: true },
  },
  'POST /model/{modelId}/invoke': {
    summary: 'A body in the model’s own format, answered in the same.',
    body: OBJECT,
    answer: ANYTHING,
    metered: true,
  },
  'POST /model/{modelId}/invoke-with-response-stream': {
    summary: 'A body in the model’s own format, its answer streamed.',
    body: OBJECT,
    ...{ stream: AWS_EVENT_STREAM_TYPE, metered: true },
  },
  'POST /model/{modelId}/count-tokens': {
    summary: 'How many input tokens a call would have. Nothing is generated and nothing charged.',
    body: exactly({
      input: {
        ...bodyOf(COUNTED, {
          types: { converse: counted, invokeModel: exactly({ body: TEXT }) },
        }),
        ...{ minProperties: 1, maxProperties: 1 },
      },
    }),
    answer: exactly({ inputTokens: COUNT }),
  },
};
