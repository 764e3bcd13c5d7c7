import { KINDS, QUERY_NAMES } from '../../domain/dialects/ancestor-ask.ts';
import { IMAGE_FIELDS, VECTOR_FIELDS } from '../../domain/dialects/ancestor-media.ts';
import { TEXT_FIELDS } from '../../domain/dialects/ancestor-text.ts';
import type { Operations } from './operation.ts';
import { ANYTHING, NUMBER, OBJECT, TEXT, bodyOf, exactly, listOf, oneOf } from './schema.ts';

const flag = { schema: oneOf(['true', 'false']) };
const parameters = OBJECT;

/** The two routes of the gateway that this one came from. Every answer is a list. */
export const ANCESTOR_OPERATIONS: Operations = {
  'GET /list_foundation_models': {
    summary: 'Models that the caller may call, as Bedrock lists them.',
    answer: listOf(exactly({ modelSummaries: listOf(OBJECT) })),
  },
  'POST /invoke_model': {
    summary: 'A call for text, vectors or pictures; or fetches the answer to one that runs on.',
    query: Object.fromEntries(
      [...QUERY_NAMES].map((name) => [name, { schema: TEXT, required: name === 'model_id' }]),
    ),
    headers: {
      type: { schema: oneOf([...KINDS.keys()].filter((word) => word !== '')) },
      ...{ streaming: flag, messages_api: flag },
    },
    body: {
      anyOf: [
        bodyOf(TEXT_FIELDS, {
          required: ['inputs'],
          types: {
            ...{ inputs: { anyOf: [TEXT, listOf(OBJECT)] }, parameters },
            ...{ tool_config: OBJECT, additional_model_fields: OBJECT },
          },
        }),
        bodyOf(VECTOR_FIELDS, {
          required: ['inputs'],
          types: { inputs: { anyOf: [TEXT, listOf(TEXT)] }, parameters },
        }),
        bodyOf(IMAGE_FIELDS, { types: { parameters } }),
        { ...exactly({}), description: 'With requestId.' },
      ],
    },
    answer: listOf({
      anyOf: [
        exactly({ generated_text: TEXT, toolUse: OBJECT }, ['toolUse']),
        exactly({ generated_text: TEXT, toolUse: OBJECT }, ['generated_text']),
        exactly({ request_id: TEXT }),
        exactly({ embedding: listOf(NUMBER) }),
        exactly({ artifacts: listOf(ANYTHING) }),
        exactly({ images: listOf(ANYTHING) }),
      ],
    }),
    metered: true,
  },
};
