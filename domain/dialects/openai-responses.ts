import type { JsonObject } from '../converse.ts';
import type { ConverseCall } from '../model-call.ts';
import { fieldsOf, optionalFlag, optionalText, optionalWord, refusal } from './fields.ts';
import type { Fields } from './fields.ts';
import { jsonAskOf } from './openai-json-answer.ts';
import { modelRequestOf } from './openai-request.ts';
import { inputTurns } from './openai-response-input.ts';
import { OPENAI_MAX_TOKENS_DEFAULT, SHARED_FIELDS, effortOf } from './openai-settings.ts';
import { modelOf, refuseUnkept, samplingOf, serviceTierOf } from './openai-settings.ts';
import { streamOptionsOf, tokenLimit, verbosityOf } from './openai-settings.ts';
import { flatTools, toolChoiceOf } from './openai-tools.ts';
import { conversationOf, joinTexts } from './openai-turns.ts';
import type { Turn } from './openai-turns.ts';
import { BadRequest } from './problem.ts';

/** What `POST /v1/responses` asked for. */
export interface OpenAiResponsesRequest {
  readonly call: ConverseCall;
  readonly answerTool: string | null;
  /** Carry a model's own form of its reasoning, so that it can be handed back. */
  readonly encryptedReasoning: boolean;
  /** What the answer repeats of the request, as its clients expect. */
  readonly echo: JsonObject;
}

/** As usage lines name this dialect and operation. */
export const OPENAI_RESPONSES = 'openai.responses';

const ENCRYPTED = 'reasoning.encrypted_content';
/** Fields of its body: no other is taken. */
export const RESPONSES_FIELDS: readonly string[] = [
  ...[...SHARED_FIELDS, 'input', 'instructions', 'max_output_tokens', 'text', 'reasoning'],
  ...['include', 'truncation', 'background', 'previous_response_id'],
];

/**
 * Reads the body of a response.
 *
 * @throws BadRequest for anything that would not be honoured: no field is ignored.
 */
export function parseOpenAiResponses(body: unknown): OpenAiResponsesRequest {
  const fields = fieldsOf(body, null, RESPONSES_FIELDS);
  const model = modelOf(fields);
  const stream = optionalFlag(fields, 'stream') ?? false;
  refuseUnkept(fields);
  refuseElsewhere(fields);
  streamOptionsOf(fields, stream, []);
  const text = fieldsOf(fields.values['text'] ?? {}, 'text', ['format', 'verbosity']);
  const reasoning = reasoningOf(fields);
  const maxTokens = tokenLimit(fields, 'max_output_tokens') ?? OPENAI_MAX_TOKENS_DEFAULT;
  const parallel = optionalFlag(fields, 'parallel_tool_calls') ?? true;
  const instructions = optionalText(fields, 'instructions') ?? '';
  const system: Turn = { role: 'system', blocks: joinTexts([{ text: instructions }]) };
  const { request, answerTool } = modelRequestOf({
    ...{ model, jsonField: 'text.format' },
    json: jsonAskOf(text.values['format'], 'text.format', { model, nested: false }),
    ...conversationOf([system, ...inputTurns(fields)], 'input'),
    inferenceConfig: samplingOf(fields),
    tier: serviceTierOf(fields),
    effort: effortOf(reasoning, 'effort', model),
    tools: { tools: flatTools(fields), choice: toolChoiceOf(fields, false), parallel },
    passed: verbosityOf(text),
  });
  const kind = { kind: 'converse', api: OPENAI_RESPONSES, modelRequested: model } as const;
  return {
    call: { ...kind, maxTokens, stream, request },
    ...{ answerTool, encryptedReasoning: includesEncrypted(fields) },
    echo: echoOf(fields, { maxTokens, parallel }),
  };
}

/** What would have to happen on another day, or with what another day left behind. */
function refuseElsewhere(fields: Fields): void {
  optionalWord(fields, 'truncation', ['disabled']);
  if (optionalFlag(fields, 'background') === true) throw refusal(fields, 'background', 'false');
  if (optionalText(fields, 'previous_response_id') === undefined) return;
  const advice = 'responses are not kept here: send the whole conversation in input';
  throw new BadRequest('previous_response_id', `not supported, ${advice}`);
}

/** A summary is what the model tells of its reasoning, whichever kind is asked for. */
function reasoningOf(fields: Fields): Fields {
  const reasoning = fieldsOf(fields.values['reasoning'] ?? {}, 'reasoning', ['effort', 'summary']);
  optionalWord(reasoning, 'summary', ['auto', 'concise', 'detailed']);
  return reasoning;
}

function includesEncrypted(fields: Fields): boolean {
  const include = fields.values['include'] ?? [];
  if (!Array.isArray(include) || include.some((one) => one !== ENCRYPTED)) {
    throw refusal(fields, 'include', `a list of ${ENCRYPTED} alone`);
  }
  return include.length > 0;
}

function echoOf(
  { values }: Fields,
  said: { readonly maxTokens: number; readonly parallel: boolean },
): JsonObject {
  const asked = (name: string) => values[name] ?? null;
  return {
    ...{ instructions: asked('instructions'), max_output_tokens: said.maxTokens },
    ...{ metadata: {}, parallel_tool_calls: said.parallel, previous_response_id: null },
    ...{ reasoning: { effort: null, summary: null, ...(values['reasoning'] as object | null) } },
    ...{ store: false, background: false, truncation: 'disabled', user: asked('user') },
    ...{ temperature: asked('temperature'), top_p: asked('top_p') },
    ...{ text: { format: { type: 'text' }, ...(values['text'] as object | null) } },
    ...{ tool_choice: values['tool_choice'] ?? 'auto', tools: values['tools'] ?? [] },
  };
}
