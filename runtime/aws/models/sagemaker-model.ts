import { createEventStreamReader } from '../../../domain/dialects/event-stream-reader.ts';
import { MINUTE_MS } from '../../../domain/instant.ts';
import { ModelError } from '../../../domain/model-call.ts';
import type { ModelCall, ModelEnd, ModelEvent } from '../../../domain/model-call.ts';
import { createAnswerReader, readAnswer, stopReasonOf } from '../../../domain/sagemaker/answer.ts';
import { UnreadableAnswer, usedOf } from '../../../domain/sagemaker/answer.ts';
import type { Said } from '../../../domain/sagemaker/answer.ts';
import { endpointWish, parseSageMakerId } from '../../../domain/sagemaker/endpoint.ts';
import { sageMakerBody } from '../../../domain/sagemaker/request.ts';
import { sumUsage } from '../../../domain/reported-usage.ts';
import { utf8Length } from '../../../domain/token-bounds.ts';
import type { ModelClient } from '../../../handlers/ports.ts';
import { cutShort } from '../../node/bedrock-failures.ts';
import { beginAttempt, endpointError, refusalOf } from './sagemaker-attempt.ts';
import type { EndpointAttempt } from './sagemaker-attempt.ts';
import type { EndpointAsk, SendToEndpoint } from './sagemaker-http.ts';

interface SageMakerModelOptions {
  readonly send: SendToEndpoint;
  /** A model that says nothing for so long is given up. */
  readonly silenceMs?: number;
}

/** A whole answer is silence until it comes; SageMaker itself ends a stream after eight minutes. */
const SILENCE_MS = 10 * MINUTE_MS;

/** What a call comes to on its endpoint. */
interface Planned {
  readonly call: ModelCall;
  readonly send: SendToEndpoint;
  readonly ask: Pick<EndpointAsk, 'endpoint' | 'component' | 'region' | 'stream' | 'signal'>;
  readonly bodies: readonly Uint8Array[];
  readonly attempt: EndpointAttempt;
}

/** Models on SageMaker endpoints. An attempt is one request, for each body of the call. */
export function createSageMakerModel({ send, silenceMs }: SageMakerModelOptions): ModelClient {
  async function* invoke(call: ModelCall): AsyncGenerator<ModelEvent> {
    const attempt = beginAttempt(silenceMs ?? SILENCE_MS);
    try {
      const plan = planOf(call, send, attempt);
      yield* call.stream ? streamed(plan) : whole(plan);
    } catch (error) {
      throw endpointError(error, attempt);
    } finally {
      attempt.end();
    }
  }

  return {
    invoke,
    countTokens: () =>
      Promise.reject(new ModelError('client_error', 'models on SageMaker count no tokens')),
  };
}

async function answerTo({ send, ask, attempt }: Planned, body: Uint8Array): Promise<Response> {
  const reply = await send({ ...ask, body });
  attempt.upstreamId = reply.headers.get('x-amzn-requestid');
  if (!reply.ok) throw await refusalOf(reply, attempt);
  attempt.answered = true;
  attempt.heard();
  return reply;
}

async function* whole(plan: Planned): AsyncGenerator<ModelEvent> {
  const { call, bodies, attempt } = plan;
  const ends: ReturnType<typeof usedOf>[] = [];
  let last: Said | undefined;
  for (const body of bodies) {
    const reply = await answerTo(plan, body);
    const bytes = new Uint8Array(await reply.arrayBuffer());
    last = call.kind === 'converse' ? readAnswer(jsonIn(bytes)) : saidInBody(bytes);
    if (call.kind === 'converse') yield* wordsOf(last.text);
    else {
      const contentType = reply.headers.get('content-type') ?? 'application/json';
      yield { type: 'body', bytes, contentType };
    }
    const made = call.kind === 'converse' ? utf8Length(last.text) : bytes.length;
    ends.push(usedOf(call, last, { sent: sentBytes(call, body), made }));
  }
  const usages = ends.flatMap(({ usage }) => usage ?? []);
  const estimated = ends.some(({ usageSource }) => usageSource === 'estimated');
  const used = {
    usage: sumUsage(usages),
    usageSource: estimated ? 'estimated' : 'reported',
  } as const;
  yield endOf(plan, { used, said: last, attempt });
}

async function* streamed(plan: Planned): AsyncGenerator<ModelEvent> {
  const { call, attempt } = plan;
  const [body = new Uint8Array()] = plan.bodies;
  const reply = await answerTo(plan, body);
  const answer = createAnswerReader();
  let made = 0;
  for await (const bytes of payloadOf(reply, attempt)) {
    attempt.begun = true;
    made += bytes.length;
    if (call.kind === 'invoke') yield { type: 'chunk', bytes };
    yield* wordsOf(call.kind === 'converse' ? answer.read(bytes) : readIfPossible(answer, bytes));
  }
  if (call.kind === 'converse') yield* wordsOf(answer.rest());
  const said = answer.said();
  if (call.kind === 'converse' && said.finish === undefined) throw cutShort(attempt);
  // What a format of its own says cannot be told from what it is said in.
  if (said.text !== '') made = utf8Length(said.text);
  const used = usedOf(call, said, { sent: sentBytes(call, body), made });
  yield endOf(plan, { used, said, attempt });
}

function planOf(call: ModelCall, send: SendToEndpoint, attempt: EndpointAttempt): Planned {
  const id = parseSageMakerId(call.modelRequested);
  if (!id) throw new ModelError('client_error', 'model: expected an endpoint of SageMaker');
  const wish = endpointWish(id, call.kind === 'converse' ? call.sageMaker : undefined);
  const bodies =
    call.kind === 'converse'
      ? [new TextEncoder().encode(JSON.stringify(sageMakerBody(call, wish.shape)))]
      : call.bodies;
  const { endpoint, region } = id;
  const { component } = wish;
  const { signal } = attempt;
  return {
    call,
    send,
    bodies,
    attempt,
    ask: { endpoint, component, region, signal, stream: call.stream },
  };
}

/** The container's own bytes, out of the event stream that SageMaker puts them into. */
async function* payloadOf(reply: Response, attempt: EndpointAttempt): AsyncGenerator<Uint8Array> {
  const events = createEventStreamReader();
  for await (const piece of reply.body ?? []) {
    attempt.heard();
    for (const { headers, payload } of events.read(piece as Uint8Array)) {
      if (headers[':message-type'] !== 'event') {
        const { upstreamId } = attempt;
        const name = headers[':exception-type'] ?? 'an error';
        throw new ModelError('cut', `the stream of the endpoint ended in ${name}`, { upstreamId });
      }
      if (headers[':event-type'] === 'PayloadPart') yield payload;
    }
  }
  if (events.left() > 0) throw cutShort(attempt);
}

function* wordsOf(text: string): Generator<ModelEvent> {
  if (text !== '') yield { type: 'text', text };
}

interface Ended {
  readonly used: ReturnType<typeof usedOf>;
  readonly said: Said | undefined;
  readonly attempt: EndpointAttempt;
}

function endOf({ call }: Planned, { used, said, attempt }: Ended): ModelEnd {
  const other = call.kind === 'invoke' ? call.other : {};
  return {
    ...{ type: 'end', stopReason: said ? stopReasonOf(said) : 'end_turn', ...used },
    ...(Object.keys(other).length > 0 && { other }),
    ...{ tier: 'standard', latencyClass: 'standard', upstreamId: attempt.upstreamId ?? '' },
  };
}

/** Bytes of text that a model is given to read; of a body in its own format, all of them. */
function sentBytes(call: ModelCall, body: Uint8Array): number {
  if (call.kind === 'invoke') return body.length;
  const { messages, system = [] } = call.request;
  const blocks = [...system, ...messages.flatMap(({ content }) => content)];
  return blocks.reduce((sum, { text = '' }) => sum + utf8Length(text), 0);
}

/** A body of a format of its own says what it says: read where it is one we know. */
function saidInBody(bytes: Uint8Array): Said {
  try {
    return readAnswer(jsonIn(bytes));
  } catch {
    return { text: '', usage: null };
  }
}

function readIfPossible({ read }: ReturnType<typeof createAnswerReader>, bytes: Uint8Array): '' {
  try {
    read(bytes);
  } catch {
    // A format of its own: nothing is known of what it used, and the chunks go on.
  }
  return '';
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new UnreadableAnswer('answer: got something else, expected JSON');
  }
}
