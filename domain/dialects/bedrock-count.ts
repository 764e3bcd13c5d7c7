import type { ModelCall } from '../model-call.ts';
import { readConverse } from './bedrock-converse.ts';
import type { AskedModel } from './bedrock-converse.ts';
import { fieldsOf, requiredText } from './fields.ts';
import { readInvokeBody } from './invoke-body.ts';
import { BadRequest } from './problem.ts';

/** As this operation is named; nothing is metered under it. */
export const BEDROCK_COUNT = 'bedrock.count';

/** What can be counted: one of them. */
export const COUNTED: readonly string[] = ['converse', 'invokeModel'];
/** Members of a conversation that can be counted. */
export const COUNTED_FIELDS: readonly string[] = [
  'messages',
  'system',
  'toolConfig',
  'additionalModelRequestFields',
];

/**
 * Reads the body of CountTokens: a call as it would be made, of either kind.
 *
 * @param parse - Reads the JSON inside the JSON, as wary as the body itself is read.
 * @throws BadRequest as the call itself would.
 */
export function parseBedrockCount(
  body: unknown,
  modelRequested: string,
  parse: (bytes: Uint8Array) => unknown,
): ModelCall {
  const input = fieldsOf(fieldsOf(body, null, ['input']).values['input'], 'input', COUNTED);
  const { converse, invokeModel } = input.values;
  if ((converse === undefined) === (invokeModel === undefined)) {
    throw new BadRequest('input', 'expected one of converse, invokeModel');
  }
  const asked: AskedModel = { modelRequested, stream: false };
  if (converse !== undefined) {
    const { request } = readConverse(fieldsOf(converse, 'input.converse', COUNTED_FIELDS).values);
    return { kind: 'converse', api: BEDROCK_COUNT, ...asked, maxTokens: null, request };
  }
  const bytes = bytesOf(requiredText(fieldsOf(invokeModel, 'input.invokeModel', ['body']), 'body'));
  const read = readInvokeBody(modelRequested, bytes, parse(bytes));
  return {
    ...{ kind: 'invoke', api: BEDROCK_COUNT, ...asked, maxTokens: read.maxTokens },
    // Nothing is generated: the body is counted as it came.
    ...{ bodies: [bytes], contentType: 'application/json', accept: 'application/json' },
    ...{ other: {}, headers: {} },
  };
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    throw new BadRequest('input.invokeModel.body', 'got text, expected base64');
  }
}
