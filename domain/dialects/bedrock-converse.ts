import type { ConverseRequest, JsonObject } from '../converse.ts';
import type { ConverseCall } from '../model-call.ts';
import { contentBlocks, converseMessages, converseTools } from './bedrock-content.ts';
import { fieldsOf, optionalCount, optionalNumber, refusal, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { refuseOutputCaps } from './invoke-body.ts';

/** As usage lines name this dialect and operation. */
export const BEDROCK_CONVERSE = 'bedrock.converse';

const MOST_TOKENS = 1_000_000;
/**
 * `requestMetadata` says who is billed and is this gateway's to write; `promptVariables` belong to a
 * stored prompt, whose model nobody sees here.
 */
export const CONVERSE_FIELDS: readonly string[] = [
  ...['messages', 'system', 'inferenceConfig', 'toolConfig', 'guardrailConfig'],
  ...['additionalModelRequestFields', 'additionalModelResponseFieldPaths'],
  ...['performanceConfig', 'serviceTier', 'outputConfig'],
];
const INFERENCE_FIELDS = ['maxTokens', 'temperature', 'topP', 'stopSequences'];

/** Where a call to a model is asked for: its id in the path, and whether it is streamed. */
export interface AskedModel {
  readonly modelRequested: string;
  readonly stream: boolean;
}

/**
 * Reads the body of Converse and ConverseStream, which is the canonical form already.
 *
 * @throws BadRequest for a member of the body that is not known; unknown members of content are kept.
 */
export function parseBedrockConverse(body: unknown, asked: AskedModel): ConverseCall {
  const { maxTokens, request } = readConverse(body);
  return { kind: 'converse', api: BEDROCK_CONVERSE, ...asked, maxTokens, request };
}

/** A conversation in Converse's own shape, and the output cap that it asks for. */
export function readConverse(body: unknown): {
  readonly maxTokens: number | null;
  readonly request: ConverseRequest;
} {
  const fields = fieldsOf(body, null, CONVERSE_FIELDS);
  const { values } = fields;
  const messages = converseMessages(values['messages'], 'messages');
  const { maxTokens, inferenceConfig } = readInference(fields);
  const extra = values['additionalModelRequestFields'];
  if (extra !== undefined) {
    refuseOutputCaps(
      objectIn(fields, 'additionalModelRequestFields'),
      'additionalModelRequestFields',
    );
  }
  checkTexts(fields, 'additionalModelResponseFieldPaths');
  const { serviceTier, performanceConfig, guardrailConfig, outputConfig } = values;
  if (serviceTier !== undefined)
    requiredText(fieldsOf(serviceTier, 'serviceTier', ['type']), 'type');
  if (performanceConfig !== undefined) {
    requiredText(fieldsOf(performanceConfig, 'performanceConfig', ['latency']), 'latency');
  }
  if (guardrailConfig !== undefined) objectIn(fields, 'guardrailConfig');
  if (outputConfig !== undefined) objectIn(fields, 'outputConfig');
  const request = {
    ...values,
    messages,
    ...(values['system'] !== undefined && { system: contentBlocks(values['system'], 'system') }),
    ...(values['toolConfig'] !== undefined && {
      toolConfig: converseTools(values['toolConfig'], 'toolConfig'),
    }),
    inferenceConfig,
  } as ConverseRequest;
  return { maxTokens, request };
}

function readInference({ values }: Fields) {
  const path = 'inferenceConfig';
  const fields = fieldsOf(values[path] ?? {}, path, INFERENCE_FIELDS);
  const maxTokens = optionalCount(fields, 'maxTokens', { least: 1, most: MOST_TOKENS }) ?? null;
  const temperature = optionalNumber(fields, 'temperature', { least: 0, most: 1 });
  const topP = optionalNumber(fields, 'topP', { least: 0, most: 1 });
  const stopSequences = checkTexts(fields, 'stopSequences');
  const inferenceConfig = {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stopSequences && { stopSequences }),
  };
  return { maxTokens, inferenceConfig };
}

function checkTexts(fields: Fields, name: string): readonly string[] | undefined {
  const value = fields.values[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw refusal(fields, name, 'a list of texts');
}

function objectIn(fields: Fields, name: string): JsonObject {
  const value = fields.values[name];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw refusal(fields, name, 'an object');
}
