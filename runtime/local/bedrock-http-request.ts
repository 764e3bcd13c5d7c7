import type { ConverseCall, ModelCall } from '../../domain/model-call.ts';

/** The path of an operation; a model's id may be an ARN. */
export function pathOf({ modelRequested }: ModelCall, operation: string): string {
  return `/model/${encodeURIComponent(modelRequested)}/${operation}`;
}

/** A conversation as Bedrock takes it: the canonical form is the wire's own. */
export function conversationBody({ request, maxTokens }: ConverseCall): string {
  const { inferenceConfig } = request;
  const capped = { ...inferenceConfig, ...(maxTokens !== null && { maxTokens }) };
  return JSON.stringify({ ...request, inferenceConfig: capped });
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
