import type { ConverseMessage, ConverseRequest, JsonObject } from '../converse.ts';
import type { ConverseCall } from '../model-call.ts';
import { isComponentName } from '../sagemaker/endpoint.ts';
import type { EndpointWish } from '../sagemaker/endpoint.ts';
import type { AncestorAsk } from './ancestor-ask.ts';
import { converseMessages, converseTools } from './bedrock-content.ts';
import { fieldsOf, optionalCount, optionalNumber, optionalText, refusal } from './fields.ts';
import { requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { refuseOutputCaps } from './invoke-body.ts';
import { BadRequest } from './problem.ts';

/** As usage lines name this dialect and operation. */
export const ANCESTOR_TEXT = 'ancestor.text';

const MOST_TOKENS = 1_000_000;
/** Fields of its body: no other is taken. */
export const TEXT_FIELDS: readonly string[] = [
  'inputs',
  'parameters',
  'tool_config',
  'additional_model_fields',
];
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Names under which the ancestor's clients know one setting: each model's own among them. */
const ALIASES = {
  maxTokens: [
    ...['maxTokens', 'max_tokens', 'max_tokens_to_sample', 'maxTokenCount', 'max_gen_len'],
    ...['max_new_tokens', 'max_completion_tokens'],
  ],
  temperature: ['temperature'],
  topP: ['topP', 'top_p', 'p'],
  stopSequences: ['stopSequences', 'stop_sequences', 'stop'],
  system: ['system'],
} as const;
/** The part of a SageMaker endpoint that is called; other models are never asked with it. */
const COMPONENT = 'InferenceComponentName';

/**
 * Reads the body of a call for text.
 *
 * @throws BadRequest for anything that would not be honoured, by name.
 */
export function parseAncestorText(body: unknown, ask: AncestorAsk): ConverseCall {
  const fields = fieldsOf(body, null, TEXT_FIELDS);
  const parameters = objectAt(fields, 'parameters');
  const known = knownParameters(parameters);
  const additional = objectAt(fields, 'additional_model_fields').values;
  refuseOutputCaps(additional, 'additional_model_fields');
  const extra = { ...passedOn(parameters, ask), ...additional };
  const system = optionalText(known, 'system');
  const { values: tools } = objectAt(fields, 'tool_config');
  const hasTools = Object.keys(tools).length > 0;
  const request: ConverseRequest = {
    messages: ask.messagesApi ? conversation(fields) : [oneText(fields)],
    ...(system !== undefined && { system: [{ text: system }] }),
    inferenceConfig: inferenceOf(known),
    ...(hasTools && { toolConfig: converseTools(tools, 'tool_config') }),
    ...(Object.keys(extra).length > 0 && { additionalModelRequestFields: extra }),
  };
  const maxTokens = optionalCount(known, 'maxTokens', { least: 1, most: MOST_TOKENS }) ?? null;
  const { modelRequested, inBackground: stream } = ask;
  const sageMaker = endpointIn(parameters, ask);
  const call = { kind: 'converse', api: ANCESTOR_TEXT, modelRequested, stream, maxTokens } as const;
  return { ...call, request, sageMaker };
}

/** Matters where the model is on SageMaker alone: there, one text is not made a conversation of. */
function endpointIn(parameters: Fields, { messagesApi }: AncestorAsk): EndpointWish {
  const component = optionalText(parameters, COMPONENT) ?? null;
  if (component !== null && !isComponentName(component)) {
    throw refusal(parameters, COMPONENT, 'a name of letters, digits and hyphens');
  }
  return { component, shape: messagesApi ? 'messages' : 'inputs' };
}

function oneText(fields: Fields): ConverseMessage {
  return { role: 'user', content: [{ text: requiredText(fields, 'inputs') }] };
}

/** Converse's own shape; a message whose content is one text is older, and still sent. */
function conversation(fields: Fields): readonly ConverseMessage[] {
  const { inputs } = fields.values;
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw refusal(fields, 'inputs', 'a list of messages: messages_api is true');
  }
  const messages = inputs.map((message: unknown) => {
    const content = (message as { readonly content?: unknown } | null)?.content;
    return typeof content === 'string'
      ? { ...(message as object), content: [{ text: content }] }
      : message;
  });
  return converseMessages(messages, 'inputs');
}

/** The settings that every model has, under one name each. */
function knownParameters({ values, pathOf }: Fields): Fields {
  const known: Record<string, unknown> = {};
  for (const [setting, names] of Object.entries(ALIASES)) {
    const given = names.filter((name) => Object.hasOwn(values, name) && values[name] !== null);
    if (given.length > 1) {
      throw new BadRequest(
        pathOf(given[1] ?? ''),
        `got ${given[0] ?? ''} too, expected one of them`,
      );
    }
    const [name] = given;
    if (name !== undefined) known[setting] = values[name];
  }
  return { values: known, pathOf };
}

/** Settings that only one model has; a conversation's are its own, and have their own place. */
function passedOn({ values, pathOf }: Fields, { messagesApi }: AncestorAsk): JsonObject {
  const known = new Set<string>([...Object.values(ALIASES).flat(), COMPONENT]);
  const others = Object.entries(values).filter(([name]) => !known.has(name));
  for (const [name] of others) {
    if (!PLAIN_NAME.test(name)) {
      throw new BadRequest('parameters', 'got a field whose name is not plain');
    }
    if (messagesApi) {
      const expected = 'expected it in additional_model_fields: messages_api is true';
      throw new BadRequest(pathOf(name), `not supported, ${expected}`);
    }
  }
  const passed = Object.fromEntries(others);
  refuseOutputCaps(passed, 'parameters');
  return passed;
}

function inferenceOf(known: Fields) {
  const temperature = optionalNumber(known, 'temperature', { least: 0, most: 1 });
  const topP = optionalNumber(known, 'topP', { least: 0, most: 1 });
  const stops = known.values['stopSequences'] ?? [];
  if (!Array.isArray(stops) || !stops.every((stop) => typeof stop === 'string')) {
    throw refusal(known, 'stopSequences', 'a list of texts');
  }
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stops.length > 0 && { stopSequences: stops as readonly string[] }),
  };
}

function objectAt(fields: Fields, name: string): Fields {
  const value = fields.values[name] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw refusal(fields, name, 'an object');
  return { values: value as JsonObject, pathOf: (inner) => `${fields.pathOf(name)}.${inner}` };
}
