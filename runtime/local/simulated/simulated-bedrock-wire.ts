import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import {
  converseReply,
  converseUsage,
  createConverseStream,
} from '../../../domain/dialects/bedrock-converse-reply.ts';
import {
  invokedBody,
  invokedHeaders,
  invokedMessages,
} from '../../../domain/dialects/bedrock-invoke.ts';
import { AWS_EVENT_STREAM_TYPE, awsEvent } from '../../../domain/dialects/event-stream.ts';
import type { ModelCall, ModelEnd, ModelEvent, ModelFailure } from '../../../domain/model-call.ts';

/** What is said of usage: the truth, nothing, or something that cannot be. */
export type UsageSaid = 'true' | 'missing' | 'wrong';

/** Writes the answer to one call as Bedrock's wire has it. */
export interface BedrockWriter {
  /** Takes an event; a streamed answer leaves at once. */
  write(event: ModelEvent): void;
  end(): void;
}

const IMPOSSIBLE_USAGE = { inputTokens: 10, outputTokens: -1, totalTokens: 9 };

/** The writer of a call's answer. */
export function createBedrockWriter(
  response: ServerResponse,
  call: ModelCall,
  said: UsageSaid,
): BedrockWriter {
  const requestId = { 'x-amzn-requestid': randomUUID() };
  if (call.stream) return streamWriter(response, { call, said, requestId });
  return call.kind === 'converse'
    ? replyWriter(response, said, requestId)
    : bodyWriter(response, said, requestId);
}

type Headers = Readonly<Record<string, string>>;

interface Streamed {
  readonly call: ModelCall;
  readonly said: UsageSaid;
  readonly requestId: Headers;
}

function streamWriter(
  response: ServerResponse,
  { call, said, requestId }: Streamed,
): BedrockWriter {
  const json = { 'x-amzn-bedrock-content-type': 'application/json' };
  response.writeHead(200, { 'content-type': AWS_EVENT_STREAM_TYPE, ...requestId, ...json });
  const pieces = call.kind === 'converse' ? converseStream(said) : invokeStream(said);
  return {
    write: (event) => {
      for (const piece of pieces(event)) response.write(piece);
    },
    end: () => {
      response.end();
    },
  };
}

function converseStream(said: UsageSaid) {
  const piecesOf = createConverseStream(() => 1);
  return (event: ModelEvent): readonly Uint8Array[] => {
    const pieces = piecesOf(event);
    if (event.type !== 'end' || (said === 'true' && event.usage)) return pieces;
    const usage = usageSaid(event, said);
    return [...pieces.slice(0, -1), awsEvent('metadata', { metrics: { latencyMs: 1 }, ...usage })];
  };
}

/** Bedrock says what was used in the last chunk, as another member of the model's own JSON. */
function invokeStream(said: UsageSaid) {
  return (event: ModelEvent): readonly Uint8Array[] => {
    if (event.type !== 'end') return invokedMessages(event);
    if (said === 'missing' || !event.usage) return [];
    const { inputTokens, outputTokens, ...cached } = wordsOf(event, said);
    const metrics = {
      ...{ inputTokenCount: inputTokens, outputTokenCount: outputTokens },
      cacheReadInputTokenCount: cached.cacheReadInputTokens,
      cacheWriteInputTokenCount: cached.cacheWriteInputTokens,
      ...{ invocationLatency: 1, firstByteLatency: 1 },
    };
    const chunk = JSON.stringify({
      ...traceOf(event),
      'amazon-bedrock-invocationMetrics': metrics,
    });
    return [awsEvent('chunk', { bytes: Buffer.from(chunk).toString('base64') })];
  };
}

function replyWriter(response: ServerResponse, said: UsageSaid, headers: Headers): BedrockWriter {
  const events: ModelEvent[] = [];
  return {
    write: (event) => events.push(event),
    end: () => {
      const { usage: _usage, ...reply } = converseReply(events, 1) as { usage?: unknown };
      const end = events.find((event) => event.type === 'end');
      replyJson(response, { status: 200, body: { ...reply, ...usageSaid(end, said) }, headers });
    },
  };
}

function bodyWriter(response: ServerResponse, said: UsageSaid, headers: Headers): BedrockWriter {
  const events: ModelEvent[] = [];
  return {
    write: (event) => events.push(event),
    end: () => {
      const { bytes: own, contentType } = invokedBody(events);
      const end = events.find((event) => event.type === 'end');
      const bytes = withTrace(own, end);
      const counts = Object.entries(invokedHeaders(end, 1)).filter(
        ([name]) => said === 'true' || !name.endsWith('-token-count'),
      );
      const wrong = said === 'wrong' ? { 'x-amzn-bedrock-input-token-count': '-1' } : {};
      const told = { ...Object.fromEntries(counts), ...wrong };
      response.writeHead(200, { ...headers, ...told, 'content-type': contentType });
      response.end(bytes);
    },
  };
}

/** What a guardrail did stands beside the model's own members. */
function traceOf(end: ModelEnd | undefined): object {
  const trace = end?.details?.['trace'];
  return trace === undefined ? {} : { 'amazon-bedrock-trace': trace };
}

function withTrace(body: Uint8Array, end: ModelEnd | undefined): Uint8Array {
  if (end?.details?.['trace'] === undefined) return body;
  const members = JSON.parse(new TextDecoder().decode(body)) as object;
  return new TextEncoder().encode(JSON.stringify({ ...members, ...traceOf(end) }));
}

function usageSaid(end: ModelEnd | undefined, said: UsageSaid): { readonly usage?: object } {
  return said === 'missing' || end?.usage === null ? {} : { usage: wordsOf(end, said) };
}

function wordsOf(end: ModelEnd | undefined, said: UsageSaid): ReturnType<typeof converseUsage> {
  const none = { input: 0, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0, output: 0 };
  const truth = converseUsage(end?.usage ?? none);
  return said === 'wrong' ? { ...truth, ...IMPOSSIBLE_USAGE } : truth;
}

/** How Bedrock says that it will not, or cannot. */
const FAULTS: Readonly<Record<Exclude<ModelFailure, 'cut'>, readonly [number, string]>> = {
  throttled: [429, 'ThrottlingException'],
  client_error: [400, 'ValidationException'],
  upstream_error: [500, 'InternalServerException'],
  timeout: [408, 'ModelTimeoutException'],
};

/** Answers with an error instead of an answer. */
export function replyFault(
  response: ServerResponse,
  failure: Exclude<ModelFailure, 'cut'>,
  message: string,
): void {
  const [status, type] = FAULTS[failure];
  const headers = { 'x-amzn-requestid': randomUUID(), 'x-amzn-errortype': type };
  replyJson(response, { status, body: { message }, headers });
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Headers;
}

/** Answers with JSON. */
export function replyJson(response: ServerResponse, { status, body, headers }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
