import type { ConverseCall, InvokeCall, ModelCall } from '../../domain/model-call.ts';

/** The path of an operation; a model's id may be an ARN. */
export function pathOf({ modelRequested }: ModelCall, operation: string): string {
  return `/model/${encodeURIComponent(modelRequested)}/${operation}`;
}

/** A conversation as Bedrock takes it: the canonical form is the wire's own. */
export function conversationBody({ request, maxTokens, metadata }: ConverseCall): string {
  const { inferenceConfig } = request;
  const capped = { ...inferenceConfig, ...(maxTokens !== null && { maxTokens }) };
  const noted = metadata && { requestMetadata: metadata };
  return JSON.stringify({ ...request, inferenceConfig: capped, ...noted });
}

/** Headers of a body in the model's own format, names and values in turn. */
export function bodyHeaders(call: InvokeCall, acceptHeader: string): readonly string[] {
  const { contentType, accept, headers, metadata } = call;
  const noted = metadata ? ['x-amzn-bedrock-request-metadata', JSON.stringify(metadata)] : [];
  const own = Object.entries(headers).flat();
  return ['content-type', contentType, acceptHeader, accept, ...own, ...noted];
}

/** A call whose input is only counted. */
export function countBody(call: ModelCall): string {
  if (call.kind === 'invoke') {
    const [body = new Uint8Array()] = call.bodies;
    return JSON.stringify({
      input: { invokeModel: { body: Buffer.from(body).toString('base64') } },
    });
  }
  const { messages, system, toolConfig, additionalModelRequestFields } = call.request;
  const converse = { messages, system, toolConfig, additionalModelRequestFields };
  return JSON.stringify({ input: { converse } });
}
