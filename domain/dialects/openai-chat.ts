import type { ConverseRequest, JsonObject } from '../converse.ts';
import type { ConverseCall } from '../model-call.ts';
import { fieldsOf, optionalCount, optionalFlag, optionalNumber } from './fields.ts';
import { refusal, requiredList } from './fields.ts';
import type { Fields } from './fields.ts';
import { chatTurn } from './openai-chat-messages.ts';
import { modelRequestOf } from './openai-request.ts';
import { jsonAskOf } from './openai-json-answer.ts';
import { OPENAI_MAX_TOKENS_DEFAULT, SHARED_FIELDS, effortOf } from './openai-settings.ts';
import { modelOf, refuseUnkept, samplingOf, serviceTierOf } from './openai-settings.ts';
import { streamOptionsOf, tokenLimit, verbosityOf } from './openai-settings.ts';
import { nestedTools, toolChoiceOf } from './openai-tools.ts';
import { conversationOf } from './openai-turns.ts';
import { BadRequest } from './problem.ts';

/** What `POST /v1/chat/completions` asked for. */
export interface OpenAiChatRequest {
  readonly call: ConverseCall;
  /** Ends a stream with a chunk that says what was used. */
  readonly includeUsage: boolean;
  /** The tool whose input is the answer, where an answer in JSON is made by one. */
  readonly answerTool: string | null;
}

/** As usage lines name this dialect and operation. */
export const OPENAI_CHAT = 'openai.chat';

const MOST_STOPS = 4;
/** Fields of its body: no other is taken. */
export const CHAT_FIELDS: readonly string[] = [
  ...[...SHARED_FIELDS, 'messages', 'max_tokens', 'max_completion_tokens', 'stop', 'n', 'logprobs'],
  ...['response_format', 'reasoning_effort', 'verbosity', 'modalities', 'seed', 'logit_bias'],
  ...['frequency_penalty', 'presence_penalty'],
];

/**
 * Reads the body of a chat completion.
 *
 * @throws BadRequest for anything that would not be honoured: no field is ignored.
 */
export function parseOpenAiChat(body: unknown): OpenAiChatRequest {
  const fields = fieldsOf(body, null, CHAT_FIELDS);
  const model = modelOf(fields);
  const stream = optionalFlag(fields, 'stream') ?? false;
  refuseUnkept(fields);
  refuseOtherAnswers(fields);
  const json = jsonAskOf(fields.values['response_format'], 'response_format', {
    ...{ model, nested: true },
  });
  const stopSequences = stopsOf(fields);
  const { request, answerTool } = modelRequestOf({
    ...{ model, json, jsonField: 'response_format' },
    ...conversationOf(requiredList(fields, 'messages').map(chatTurn), 'messages'),
    inferenceConfig: { ...samplingOf(fields), ...(stopSequences && { stopSequences }) },
    tier: serviceTierOf(fields),
    effort: effortOf(fields, 'reasoning_effort', model),
    tools: {
      ...{ tools: nestedTools(fields), choice: toolChoiceOf(fields, true) },
      parallel: optionalFlag(fields, 'parallel_tool_calls') ?? true,
    },
    passed: { ...passedOn(fields), ...verbosityOf(fields) },
  });
  const call = callOf(request, { model, maxTokens: maxTokensOf(fields), stream });
  return { call, includeUsage: includeUsageOf(fields, stream), answerTool };
}

function callOf(
  request: ConverseRequest,
  said: { readonly model: string; readonly maxTokens: number; readonly stream: boolean },
): ConverseCall {
  const { model, maxTokens, stream } = said;
  const api = OPENAI_CHAT;
  return { kind: 'converse', api, modelRequested: model, maxTokens, stream, request };
}

/** One answer, of text, without the likelihood of its words: all that Converse gives. */
function refuseOtherAnswers(fields: Fields): void {
  optionalCount(fields, 'n', { least: 1, most: 1 });
  if (optionalFlag(fields, 'logprobs') === true) throw refusal(fields, 'logprobs', 'false');
  const modalities = fields.values['modalities'] ?? ['text'];
  if (!Array.isArray(modalities) || modalities.some((one) => one !== 'text')) {
    throw refusal(fields, 'modalities', 'a list of text alone');
  }
}

/** What only some models know: they are given it as it is, and the others refuse it. */
function passedOn(fields: Fields): JsonObject {
  const penalty = { least: -2, most: 2 };
  const frequency = optionalNumber(fields, 'frequency_penalty', penalty) ?? 0;
  const presence = optionalNumber(fields, 'presence_penalty', penalty) ?? 0;
  const whole = { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER };
  const seed = optionalCount(fields, 'seed', whole);
  const bias = biasOf(fields);
  return {
    ...(frequency !== 0 && { frequency_penalty: frequency }),
    ...(presence !== 0 && { presence_penalty: presence }),
    ...(seed !== undefined && { seed }),
    ...(bias && { logit_bias: bias }),
  };
}

const TOKEN_ID = /^\d{1,9}$/;

function biasOf(fields: Fields): JsonObject | undefined {
  const value = fields.values['logit_bias'] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw refusal(fields, 'logit_bias', 'an object');
  }
  const biases = Object.entries(value) as [string, unknown][];
  for (const [token, bias] of biases) {
    const fits = typeof bias === 'number' && bias >= -100 && bias <= 100;
    if (TOKEN_ID.test(token) && fits) continue;
    throw new BadRequest('logit_bias', 'expected numbers from -100 to 100 by token id');
  }
  return biases.length === 0 ? undefined : (value as JsonObject);
}

/** The same limit under its old and its new name; both at once could contradict each other. */
function maxTokensOf(fields: Fields): number {
  const old = tokenLimit(fields, 'max_tokens');
  const limit = tokenLimit(fields, 'max_completion_tokens');
  if (old !== undefined && limit !== undefined) {
    throw new BadRequest('max_tokens', 'got max_completion_tokens too, expected one of them');
  }
  return limit ?? old ?? OPENAI_MAX_TOKENS_DEFAULT;
}

function stopsOf(fields: Fields): readonly string[] | undefined {
  const value = fields.values['stop'] ?? undefined;
  if (value === undefined) return undefined;
  const stops: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!stops.every((stop) => typeof stop === 'string' && stop !== '')) {
    throw refusal(fields, 'stop', 'text that is not empty, or a list of such texts');
  }
  if (stops.length > MOST_STOPS) {
    throw new BadRequest('stop', `got ${stops.length} texts, expected at most ${MOST_STOPS}`);
  }
  return stops.length === 0 ? undefined : (stops as readonly string[]);
}

function includeUsageOf(fields: Fields, stream: boolean): boolean {
  const options = streamOptionsOf(fields, stream, ['include_usage']);
  return (options && optionalFlag(options, 'include_usage')) ?? false;
}
