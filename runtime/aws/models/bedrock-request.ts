import type {
  ConverseCommandInput,
  CountTokensCommandInput,
  InvokeModelCommandInput,
} from '@aws-sdk/client-bedrock-runtime';
import type { ConverseCall, InvokeCall, ModelCall } from '../../../domain/model-call.ts';

/** A conversation as the SDK takes it: bytes instead of their base64. */
export function converseInput(call: ConverseCall): ConverseCommandInput {
  const { modelRequested, maxTokens, metadata, request } = call;
  const { messages, system, inferenceConfig, ...others } = request;
  const input: unknown = {
    ...others,
    modelId: modelRequested,
    messages: withBytes(messages),
    ...(system && { system: withBytes(system) }),
    inferenceConfig: { ...inferenceConfig, ...(maxTokens !== null && { maxTokens }) },
    ...(metadata && { requestMetadata: metadata }),
  };
  // The canonical form is the wire's own: what the SDK does not know of it, it leaves out.
  return input as ConverseCommandInput;
}

/** Request headers of Bedrock's that a call may carry, and what the SDK calls them. */
const HEADER_FIELDS = {
  'x-amzn-bedrock-service-tier': 'serviceTier',
  'x-amzn-bedrock-performanceconfig-latency': 'performanceConfigLatency',
  'x-amzn-bedrock-trace': 'trace',
  'x-amzn-bedrock-guardrailidentifier': 'guardrailIdentifier',
  'x-amzn-bedrock-guardrailversion': 'guardrailVersion',
} as const;

/**
 * One body in the model's own format, as the SDK takes it.
 *
 * @throws RangeError for a header that would be lost on the way: our own mistake.
 */
export function invokeInput(call: InvokeCall, body: Uint8Array): InvokeModelCommandInput {
  const fields = Object.entries(call.headers).map(([header, value]) => {
    if (!(header in HEADER_FIELDS)) throw new RangeError(`header ${header}: not one of Bedrock's`);
    return [HEADER_FIELDS[header as keyof typeof HEADER_FIELDS], value];
  });
  const { modelRequested: modelId, contentType, accept, metadata } = call;
  const named = Object.fromEntries(fields) as Partial<InvokeModelCommandInput>;
  const noted = metadata && { requestMetadata: JSON.stringify(metadata) };
  return { ...{ modelId, body, contentType, accept }, ...named, ...noted };
}

/** A call whose input is only counted. */
export function countInput(call: ModelCall): CountTokensCommandInput {
  const { modelRequested: modelId } = call;
  if (call.kind === 'invoke') {
    const [body = new Uint8Array()] = call.bodies;
    return { modelId, input: { invokeModel: { body } } };
  }
  const { messages, system, toolConfig, additionalModelRequestFields } = converseInput(call);
  const converse = { messages, system, toolConfig, additionalModelRequestFields };
  return { modelId, input: { converse } };
}

/** Members whose content is a tool's or a model's own: nothing in them is ours to decode. */
const OPAQUE: ReadonlySet<string> = new Set(['toolUse', 'json']);

/** Decodes `source.bytes` and `redactedContent`, the only bytes that content blocks hold. */
function withBytes(value: unknown, parent = ''): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => withBytes(one, parent));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]: [string, unknown]) => {
    const isBytes = name === 'redactedContent' || (name === 'bytes' && parent === 'source');
    if (isBytes && typeof member === 'string') return [name, Buffer.from(member, 'base64')];
    return [name, OPAQUE.has(name) ? member : withBytes(member, name)];
  });
  return Object.fromEntries(members) as unknown;
}
