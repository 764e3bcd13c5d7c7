import { createEventStreamReader } from '../../domain/dialects/event-stream-reader.ts';
import type { StreamMessage } from '../../domain/dialects/event-stream-reader.ts';
import { MINUTE_MS } from '../../domain/instant.ts';
import { ModelError } from '../../domain/model-call.ts';
import type { ConverseCall, InvokeCall, ModelCall, ModelEvent } from '../../domain/model-call.ts';
import type { ModelClient } from '../../handlers/ports.ts';
import {
  createConverseReader,
  endOfConverse,
  eventsOfBlock,
  isBeginning,
} from '../node/bedrock-events.ts';
import type { ConversePiece, LastWords, WireBlock } from '../node/bedrock-events.ts';
import { cutShort, failureOf } from '../node/bedrock-failures.ts';
import type { SaidOfError } from '../node/bedrock-failures.ts';
import { answersToBodies } from '../node/bedrock-bodies.ts';
import { createChunkReader } from '../node/bedrock-invoked.ts';
import type { InvokeAnswer } from '../node/bedrock-invoked.ts';
import { bodyHeaders, conversationBody, countBody, pathOf } from './bedrock-http-request.ts';
import { createHttpTransport } from './http-transport.ts';
import type { HttpAnswer, HttpTransport, Sent } from './http-transport.ts';

export interface BedrockHttpOptions {
  /** `http://` or `https://`, host and port; a path is put before Bedrock's own. */
  readonly endpoint: string;
  /** A Bedrock API key; a simulated Bedrock needs none. */
  readonly token?: string;
  /** A model that says nothing for so long is given up. */
  readonly silenceMs?: number;
}

/** Models on Bedrock, called without AWS's SDK, which costs about a millisecond a call. */
export interface BedrockHttp extends ModelClient {
  /** Drops the connections that are kept open. */
  close(): void;
}

/** Whole answers come after all of their generation: it is silence until then. */
const SILENCE_MS = 10 * MINUTE_MS;

/** What one attempt is made with, and how far it has come. */
interface Attempt {
  readonly send: HttpTransport['send'];
  answered: boolean;
  begun: boolean;
  upstreamId: string | null;
}

/** Bedrock over HTTP/1.1 with connections that stay open; one call of it is one attempt. */
export function createBedrockHttp(options: BedrockHttpOptions): BedrockHttp {
  const { endpoint, token, silenceMs = SILENCE_MS } = options;
  const headers = token ? ['authorization', `Bearer ${token}`] : [];
  const { send, close } = createHttpTransport({ endpoint, headers, silenceMs });

  function invoke(call: ModelCall): AsyncIterable<ModelEvent> {
    const attempt: Attempt = { send, answered: false, begun: false, upstreamId: null };
    const events = eventsOf(attempt, call);
    const explain = (error: Error) => {
      throw modelErrorOf(error, attempt);
    };
    // Not a generator around a generator: each event would take three turns more.
    const explained = {
      next: () => events.next().catch(explain),
      return: () => events.return(undefined),
    };
    return { [Symbol.asyncIterator]: () => explained };
  }

  async function countTokens(call: ModelCall): Promise<number> {
    const attempt: Attempt = { send, answered: false, begun: false, upstreamId: null };
    try {
      const sent = {
        path: pathOf(call, 'count-tokens'),
        body: countBody(call),
        headers: JSON_BODY,
      };
      const counted: unknown = await jsonOf(await ask(attempt, sent));
      return (counted as { readonly inputTokens?: number }).inputTokens ?? 0;
    } catch (error) {
      throw modelErrorOf(error as Error, attempt);
    }
  }

  return { invoke, countTokens, close };
}

const JSON_BODY = ['content-type', 'application/json'];

function eventsOf(attempt: Attempt, call: ModelCall): AsyncGenerator<ModelEvent> {
  if (call.kind === 'converse') {
    return call.stream ? streamedConverse(attempt, call) : wholeConverse(attempt, call);
  }
  if (call.stream) return streamedBody(attempt, call);
  return answersToBodies(call, (body) => sendBody({ ...attempt }, call, body));
}

/** Asks, and waits for the head of an answer that is one. @throws Refused for any other. */
async function ask(attempt: Attempt, sent: Sent): Promise<HttpAnswer> {
  const answer = await attempt.send(sent);
  attempt.upstreamId = answer.header('x-amzn-requestid') ?? null;
  if (answer.status === 200) return answer;
  const text = (await answer.whole()).toString();
  const name = nameOf(answer.header('x-amzn-errortype') ?? 'UnknownError');
  throw new Refused(name, messageIn(text), answer.status);
}

async function jsonOf(answer: HttpAnswer): Promise<unknown> {
  return JSON.parse((await answer.whole()).toString());
}

/** Bedrock answered with an error. */
class Refused extends Error implements SaidOfError {
  readonly status: number | undefined;

  constructor(name: string, message: string, status?: number) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** Without what AWS may put around it: `ThrottlingException:http://…`, `throttlingException`. */
function nameOf(type: string): string {
  const [name = ''] = type.split(':', 1);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}

async function* wholeConverse(attempt: Attempt, call: ConverseCall): AsyncGenerator<ModelEvent> {
  const sent = { path: pathOf(call, 'converse'), body: conversationBody(call), headers: JSON_BODY };
  const answer = await ask(attempt, sent);
  const { output, ...said } = (await jsonOf(answer)) as LastWords & {
    readonly output?: { readonly message?: { readonly content?: readonly WireBlock[] } };
  };
  for (const block of output?.message?.content ?? []) yield* eventsOfBlock(block);
  yield endOfConverse(said, attempt.upstreamId ?? '');
}

async function* streamedConverse(attempt: Attempt, call: ConverseCall): AsyncGenerator<ModelEvent> {
  const path = pathOf(call, 'converse-stream');
  const answer = await ask(attempt, { path, body: conversationBody(call), headers: JSON_BODY });
  attempt.answered = true;
  const read = createConverseReader(attempt.upstreamId ?? '');
  const reader = createEventStreamReader();
  for await (const bytes of answer.pieces()) {
    for (const message of reader.read(bytes)) {
      const { type, payload } = eventOf(message);
      const piece = { [type]: payload } as ConversePiece;
      attempt.begun ||= isBeginning(piece);
      for (const event of read(piece)) {
        yield event;
        if (event.type === 'end') return;
      }
    }
  }
  throw cutShort(attempt);
}

async function sendBody(
  attempt: Attempt,
  call: InvokeCall,
  body: Uint8Array,
): Promise<InvokeAnswer> {
  try {
    const sent = { path: pathOf(call, 'invoke'), body, headers: bodyHeaders(call, 'accept') };
    const answer = await ask(attempt, sent);
    const bytes = new Uint8Array(await answer.whole());
    const contentType = answer.header('content-type') ?? '';
    return { ...servedAs(answer), bytes, contentType, headers: answer.headers };
  } catch (error) {
    throw modelErrorOf(error as Error, attempt);
  }
}

async function* streamedBody(attempt: Attempt, call: InvokeCall): AsyncGenerator<ModelEvent> {
  const path = pathOf(call, 'invoke-with-response-stream');
  const [body = new Uint8Array()] = call.bodies;
  const answer = await ask(attempt, {
    ...{ path, body, headers: bodyHeaders(call, 'x-amzn-bedrock-accept') },
  });
  attempt.answered = true;
  const chunks = createChunkReader(call, servedAs(answer));
  const reader = createEventStreamReader();
  for await (const piece of answer.pieces()) {
    for (const message of reader.read(piece)) {
      const { bytes } = eventOf(message).payload as { readonly bytes?: string };
      if (bytes === undefined) continue;
      attempt.begun = true;
      yield chunks.read(new Uint8Array(Buffer.from(bytes, 'base64')));
    }
  }
  const end = chunks.end();
  if (!end) throw cutShort(attempt);
  yield end;
}

function servedAs(answer: HttpAnswer) {
  return {
    serviceTier: answer.header('x-amzn-bedrock-service-tier'),
    performanceConfigLatency: answer.header('x-amzn-bedrock-performanceconfig-latency'),
    upstreamId: answer.header('x-amzn-requestid') ?? null,
  };
}

/** The event in a message. @throws Refused where the stream itself says that it failed. */
function eventOf({ headers, payload }: StreamMessage) {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString();
  const failure = headers[':exception-type'] ?? headers[':error-code'];
  if (failure !== undefined) throw new Refused(nameOf(failure), messageIn(text));
  return { type: headers[':event-type'] ?? '', payload: JSON.parse(text) as unknown };
}

/** What became of an attempt that ended in an error. */
function modelErrorOf(error: Error & { readonly code?: unknown }, attempt: Attempt): ModelError {
  const { upstreamId } = attempt;
  if (error instanceof ModelError) {
    const { failure, message, usage, other } = error;
    const known = { upstreamId: error.upstreamId ?? upstreamId, usage, other };
    return new ModelError(failure, message, known);
  }
  const { name, message, code } = error;
  const status = error instanceof Refused ? error.status : undefined;
  const failure = failureOf({ name, message, code, status }, attempt);
  return new ModelError(failure, `${name}: ${message}`, { upstreamId });
}
