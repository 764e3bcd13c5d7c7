import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseBedrockConverse } from '../../../domain/dialects/bedrock-converse.ts';
import { parseBedrockCount } from '../../../domain/dialects/bedrock-count.ts';
import { parseBedrockInvoke } from '../../../domain/dialects/bedrock-invoke.ts';
import { BadRequest } from '../../../domain/dialects/problem.ts';
import { NO_TOKENS, TOKEN_METERS } from '../../../domain/meters.ts';
import type { TokenMeter } from '../../../domain/meters.ts';
import { ModelError } from '../../../domain/model-call.ts';
import type { ModelCall, ModelEvent, ModelFailure } from '../../../domain/model-call.ts';
import type { Clock } from '../../../handlers/ports.ts';
import { BODY_LIMIT, parseBody } from '../../../handlers/edge/parse-body.ts';
import { systemClock } from '../../node/system.ts';
import { readBody } from '../edge/http-body.ts';
import { breakOff, listenOn } from '../loopback-server.ts';
import { createBedrockWriter, replyFault, replyJson } from './simulated-bedrock-wire.ts';
import type { BedrockWriter } from './simulated-bedrock-wire.ts';
import { createSimulatedBedrock, echoAnswer } from './simulated-bedrock.ts';
import type { SimulatedAnswer, SimulatedBedrock, SimulatedCounts } from './simulated-bedrock.ts';
import { sumPolicies } from './simulated-guardrail.ts';
import type { PolicyUnits } from './simulated-guardrail.ts';

/** How a call is answered: rightly, or with one of the faults a client has to survive. */
export const SIMULATED_MODES = [
  'answer',
  /** 429 before the model runs. */
  'throttle',
  /** 500 before the model runs. */
  'fail',
  /** Says nothing more after half of its words; never ends. */
  'stall',
  /** Breaks the connection after half of its words. */
  'cut',
  'missing_usage',
  'wrong_usage',
] as const;
export type SimulatedMode = (typeof SIMULATED_MODES)[number];

export interface BedrockServerOptions {
  readonly clock?: Clock;
  /** Decides the answer; by default from the text of the call alone. */
  readonly answer?: (call: ModelCall) => SimulatedAnswer;
  /** Port of the loopback; any free one if not said. */
  readonly port?: number;
  /** Keeps what was noted of each call, for `GET /__metadata`. */
  readonly keepMetadata?: boolean;
  /** Bedrock speaks both, and its SDK prefers HTTP/2. @default HTTP/1.1 */
  readonly http2?: boolean;
}

/** What the service itself saw, and what each model did. */
export interface BedrockServerCounts extends SimulatedCounts {
  readonly models: Readonly<Record<string, SimulatedCounts>>;
}

export interface SimulatedBedrockServer {
  readonly endpoint: string;
  counts(): BedrockServerCounts;
  /** Answers the next `calls` calls in a mode, and all others rightly. */
  setMode(mode: SimulatedMode, calls?: number): void;
  close(): Promise<void>;
}

/**
 * The simulated Bedrock as an HTTP server that speaks Bedrock's wire protocol, so that any client of
 * Bedrock can call it. It checks no signature. `GET /__counters` says what it saw; `POST /__mode`
 * (`{"mode":"cut","calls":3}`) asks for faults, of which there are none otherwise.
 */
export async function startSimulatedBedrock(
  options: BedrockServerOptions = {},
): Promise<SimulatedBedrockServer> {
  const failures = new WeakMap<ModelCall, ModelFailure>();
  const models = createModels(options, failures);
  const modes = createModes();
  const noted: unknown[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = `${request.method ?? ''} ${request.url ?? ''}`;
    if (target === 'GET /__counters') {
      replyJson(response, { status: 200, body: models.counts() });
    } else if (target === 'GET /__metadata') {
      replyJson(response, { status: 200, body: noted });
    } else if (target === 'POST /__mode') {
      const { mode, calls } = parseMode(parseBody(await readBody(request, BODY_LIMIT)));
      modes.set(mode, calls);
      replyJson(response, { status: 200, body: { mode, calls } });
    } else {
      const { operation, call, metadata } = await readCall(request);
      const model = models.of(call.modelRequested);
      if (operation === 'count-tokens') {
        replyJson(response, { status: 200, body: { inputTokens: await model.countTokens(call) } });
        return;
      }
      if (options.keepMetadata === true) noted.push(metadata);
      const mode = modes.next();
      const failure = FAILURE_OF_MODE[mode];
      if (failure) failures.set(call, failure);
      await answerAs(mode, { model, call, response });
    }
  }

  const listening = await listenOn(options, (request, response) => {
    response.on('error', () => undefined);
    serve(request, response).catch((error: unknown) => {
      refuse(response, error);
    });
  });
  return { ...listening, counts: models.counts, setMode: modes.set };
}

const FAILURE_OF_MODE: Readonly<Partial<Record<SimulatedMode, ModelFailure>>> = {
  throttle: 'throttled',
  fail: 'upstream_error',
  cut: 'cut',
};

/** One model per id, so that each counts for itself. */
function createModels(
  { clock = systemClock, answer = echoAnswer }: BedrockServerOptions,
  failures: WeakMap<ModelCall, ModelFailure>,
) {
  const known = new Map<string, SimulatedBedrock>();

  function planOf(call: ModelCall): SimulatedAnswer {
    const failure = failures.get(call);
    return { ...answer(call), ...(failure && { failure }) };
  }

  function counts(): BedrockServerCounts {
    const each = [...known].map(([id, model]) => [id, model.counts()] as const);
    const tokens: Record<TokenMeter, number> = { ...NO_TOKENS };
    let [calls, silent] = [0, 0];
    let guardrail: PolicyUnits = {};
    for (const [, seen] of each) {
      guardrail = sumPolicies(guardrail, seen.guardrail);
      calls += seen.calls;
      silent += seen.silent;
      for (const meter of TOKEN_METERS) tokens[meter] += seen.tokens[meter];
    }
    return { calls, silent, tokens, guardrail, models: Object.fromEntries(each) };
  }

  return {
    counts,
    of: (id: string): SimulatedBedrock => {
      const model = known.get(id) ?? createSimulatedBedrock({ clock, answer: planOf });
      known.set(id, model);
      return model;
    },
  };
}

function createModes() {
  let [mode, left]: [SimulatedMode, number] = ['answer', 0];
  return {
    set: (next: SimulatedMode, calls = Infinity) => {
      [mode, left] = [next, calls];
    },
    next: (): SimulatedMode => {
      left -= 1;
      return left < 0 ? 'answer' : mode;
    },
  };
}

function parseMode(body: unknown): { readonly mode: SimulatedMode; readonly calls: number } {
  const { mode: name, calls = 1 } = body as { readonly mode?: unknown; readonly calls?: unknown };
  const mode = SIMULATED_MODES.find((one) => one === name);
  if (!mode) throw new BadRequest('mode', `expected one of ${SIMULATED_MODES.join(', ')}`);
  if (!Number.isInteger(calls)) throw new BadRequest('calls', 'expected a whole number');
  return { mode, calls: Number(calls) };
}

const PATH =
  /^\/model\/(?<model>[^/]+)\/(?<operation>converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)$/;

const METADATA_HEADER = 'x-amzn-bedrock-request-metadata';

interface AskedCall {
  readonly operation: string;
  readonly call: ModelCall;
  /** What the caller wants noted of it. */
  readonly metadata: unknown;
}

async function readCall(request: IncomingMessage): Promise<AskedCall> {
  const { model = '', operation = '' } = PATH.exec(request.url ?? '')?.groups ?? {};
  if (operation === '') throw new BadRequest(null, `no such operation: ${request.url ?? ''}`);
  const bytes = await readBody(request, BODY_LIMIT);
  const body = parseBody(bytes);
  const stream = operation.endsWith('-stream');
  const asked = { modelRequested: decodeURIComponent(model), stream };
  if (operation === 'count-tokens') {
    const call = parseBedrockCount(body, asked.modelRequested, parseBody);
    return { operation, call, metadata: null };
  }
  if (operation.startsWith('converse')) {
    // What is to be noted is the caller's to say here, and no business of a model's.
    const { requestMetadata, ...conversation } = body as Record<string, unknown>;
    const metadata = requestMetadata ?? null;
    return { operation, call: parseBedrockConverse(conversation, asked), metadata };
  }
  const headers = Object.entries(request.headers)
    .filter(([name]) => name !== METADATA_HEADER)
    .map(([name, value]) => [name, String(value)] as const);
  const text = request.headers[METADATA_HEADER];
  const metadata: unknown = typeof text === 'string' ? JSON.parse(text) : null;
  return { operation, call: parseBedrockInvoke({ ...asked, headers, bytes, body }), metadata };
}

interface Asked {
  readonly model: SimulatedBedrock;
  readonly call: ModelCall;
  readonly response: ServerResponse;
}

async function answerAs(mode: SimulatedMode, { model, call, response }: Asked): Promise<void> {
  const said = mode === 'missing_usage' ? 'missing' : mode === 'wrong_usage' ? 'wrong' : 'true';
  let writer: BedrockWriter | undefined;
  const kept: ModelEvent[] = [];
  try {
    for await (const event of model.invoke(call)) {
      kept.push(event);
      if (mode === 'stall') continue;
      writer ??= createBedrockWriter(response, call, said);
      writer.write(event);
    }
  } catch (error) {
    if (!(error instanceof ModelError) || error.failure === 'cut') breakOff(response);
    else replyFault(response, error.failure, error.message);
    return;
  }
  if (mode !== 'stall') writer?.end();
  // A whole answer that never comes is silence from its first byte.
  else if (call.stream) {
    writer = createBedrockWriter(response, call, said);
    for (const event of kept.slice(0, kept.length >> 1)) writer.write(event);
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) breakOff(response);
  else if (error instanceof BadRequest) replyFault(response, 'client_error', error.message);
  else replyFault(response, 'upstream_error', (error as Error).message);
}
