import {
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { hourWriteInBody, usageInBody } from '../../domain/body-usage.ts';
import { NO_TOKENS } from '../../domain/meters.ts';
import type { TokenUsage } from '../../domain/meters.ts';
import { ModelError } from '../../domain/model-call.ts';
import type { InvokeCall, ModelEnd, ModelEvent } from '../../domain/model-call.ts';
import { servedLatency, servedTier, sumUsage, usageOf } from '../../domain/reported-usage.ts';
import { untilSilent, withinSilence } from './bedrock-attempt.ts';
import type { BedrockAttempt } from './bedrock-attempt.ts';
import { modelErrorOf } from './bedrock-errors.ts';
import { invokeInput } from './bedrock-request.ts';

/** Bodies in the model's own format, one upstream request each. */
export function invokeBodies(
  attempt: BedrockAttempt,
  call: InvokeCall,
): AsyncGenerator<ModelEvent> {
  return call.stream ? streamed(attempt, call) : whole(attempt, call);
}

async function* whole(attempt: BedrockAttempt, call: InvokeCall): AsyncGenerator<ModelEvent> {
  const usages: TokenUsage[] = [];
  let served: Served = {};
  for (const body of call.bodies) {
    const answer = await sendBody(attempt, invokeInput(call, body), usages);
    served = answer;
    const { bytes, contentType } = answer;
    const usage = usageOfAnswer(call, answer);
    yield { type: 'body', bytes, contentType };
    if (!usage) {
      yield endOf(call, served, null);
      return;
    }
    usages.push(usage);
  }
  yield endOf(call, served, sumUsage(usages));
}

interface Served {
  readonly serviceTier?: string | undefined;
  readonly performanceConfigLatency?: string | undefined;
  readonly upstreamId?: string | null;
}

interface Answer extends Served {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends one body. What those before it used is known, and is told if this one fails. */
async function sendBody(
  attempt: BedrockAttempt,
  input: ReturnType<typeof invokeInput>,
  before: readonly TokenUsage[],
): Promise<Answer> {
  const { client, abort } = attempt;
  const command = new InvokeModelCommand(input);
  let headers: Readonly<Record<string, string>> = {};
  // The SDK keeps the counts of tokens to itself: they stand in headers that its output has not.
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      ({ headers = {} } = result.response as { headers?: Readonly<Record<string, string>> });
      return result;
    },
    { step: 'deserialize', name: 'keepTokenCounts' },
  );
  try {
    const answer = await withinSilence(
      attempt,
      client.send(command, { abortSignal: abort.signal }),
    );
    const { body, contentType = '', serviceTier, performanceConfigLatency } = answer;
    attempt.upstreamId = answer.$metadata.requestId ?? null;
    const served = { serviceTier, performanceConfigLatency, upstreamId: attempt.upstreamId };
    return { ...served, bytes: new Uint8Array(body), contentType, headers };
  } catch (error) {
    const failed = modelErrorOf(error, attempt);
    const isSilent = failed.failure === 'cut' || failed.failure === 'timeout';
    if (before.length === 0 || isSilent) throw failed;
    const { failure, message, upstreamId } = failed;
    throw new ModelError(failure, message, { upstreamId, usage: sumUsage(before) });
  }
}

const PREFIX = 'x-amzn-bedrock-';

function usageOfAnswer(call: InvokeCall, { headers, bytes }: Answer): TokenUsage | null {
  const body = jsonIn(bytes);
  const count = (name: string) => headers[`${PREFIX}${name}-token-count`];
  const usage = usageOf({
    ...{ input: count('input'), output: count('output') },
    ...{ cacheRead: count('cache-read-input'), cacheWrite: count('cache-write-input') },
    cacheWrite1h: hourWriteInBody(body),
  });
  return usage ?? usageInBody(body) ?? usageWithoutTokens(call);
}

/** What is billed by other quantities than tokens may say nothing of tokens. */
function usageWithoutTokens({ other }: InvokeCall): TokenUsage | null {
  return Object.keys(other).length > 0 ? NO_TOKENS : null;
}

async function* streamed(attempt: BedrockAttempt, call: InvokeCall): AsyncGenerator<ModelEvent> {
  const { client, abort } = attempt;
  const [body = new Uint8Array()] = call.bodies;
  const command = new InvokeModelWithResponseStreamCommand(invokeInput(call, body));
  const answer = await withinSilence(attempt, client.send(command, { abortSignal: abort.signal }));
  attempt.answered = true;
  const upstreamId = answer.$metadata.requestId ?? null;
  attempt.upstreamId = upstreamId;
  let [metrics, hourWrite]: [Metrics | null, unknown] = [null, undefined];
  for await (const { chunk } of untilSilent(attempt, answer.body)) {
    if (!chunk?.bytes) continue;
    attempt.begun = true;
    const said = jsonIn(chunk.bytes);
    metrics = metricsIn(said) ?? metrics;
    hourWrite ??= hourWriteInBody(said);
    yield { type: 'chunk', bytes: new Uint8Array(chunk.bytes) };
  }
  if (!metrics)
    throw new ModelError('cut', 'the stream ended before it said what was used', attempt);
  const { inputTokenCount: input, outputTokenCount: output } = metrics;
  const { cacheReadInputTokenCount: cacheRead, cacheWriteInputTokenCount: cacheWrite } = metrics;
  const usage = usageOf({ input, output, cacheRead, cacheWrite, cacheWrite1h: hourWrite });
  yield endOf(call, { ...answer, upstreamId }, usage);
}

interface Metrics {
  readonly inputTokenCount?: unknown;
  readonly outputTokenCount?: unknown;
  readonly cacheReadInputTokenCount?: unknown;
  readonly cacheWriteInputTokenCount?: unknown;
}

/** What Bedrock adds to the last chunk of a stream. */
function metricsIn(chunk: unknown): Metrics | null {
  const metrics = (chunk as Readonly<Record<string, unknown>> | null)?.[
    'amazon-bedrock-invocationMetrics'
  ];
  return typeof metrics === 'object' ? metrics : null;
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

function endOf({ other }: InvokeCall, served: Served, usage: TokenUsage | null): ModelEnd {
  return {
    ...{ type: 'end', stopReason: 'end_turn', usage },
    ...(Object.keys(other).length > 0 && { other }),
    tier: servedTier(served.serviceTier),
    latencyClass: servedLatency(served.performanceConfigLatency),
    upstreamId: served.upstreamId ?? '',
  };
}
