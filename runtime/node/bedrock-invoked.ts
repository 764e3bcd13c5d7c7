import { hourWriteInBody, usageInBody } from '../../domain/body-usage.ts';
import { guardrailUnitsInBody } from '../../domain/guardrail-units.ts';
import { NO_TOKENS } from '../../domain/meters.ts';
import type { TokenUsage } from '../../domain/meters.ts';
import { ModelError } from '../../domain/model-call.ts';
import type { InvokeCall, ModelEnd, ModelEvent } from '../../domain/model-call.ts';
import { sumOther } from '../../domain/other-meters.ts';
import type { OtherMeters } from '../../domain/other-meters.ts';
import { servedLatency, servedTier, sumUsage, usageOf } from '../../domain/reported-usage.ts';

/** What InvokeModel answers beside its bodies; every client of Bedrock reads it here. */

/** How a call was served, as Bedrock's headers say. */
export interface Served {
  readonly serviceTier?: string | undefined;
  readonly performanceConfigLatency?: string | undefined;
  readonly upstreamId: string | null;
}

/** The answer to one body. */
export interface InvokeAnswer extends Served {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Sends one body. @throws ModelError where the attempt failed. */
type SendBody = (body: Uint8Array) => Promise<InvokeAnswer>;

/** Bodies of one call, one upstream request each; what those before a failure used is told with it. */
export async function* answersToBodies(
  call: InvokeCall,
  send: SendBody,
): AsyncGenerator<ModelEvent> {
  const usages: TokenUsage[] = [];
  let served: Served = { upstreamId: null };
  const units: (OtherMeters | undefined)[] = [];
  for (const body of call.bodies) {
    const answer = await sendAfter(usages, send, body);
    served = answer;
    const { bytes, contentType } = answer;
    yield { type: 'body', bytes, contentType };
    const said = jsonIn(bytes);
    const usage = usageOfAnswer(call, answer, said);
    if (!usage) {
      yield endOfInvoke(call, served, { usage: null, units: undefined });
      return;
    }
    usages.push(usage);
    units.push(guardrailUnitsInBody(said));
  }
  yield endOfInvoke(call, served, { usage: sumUsage(usages), units: sumIfTold(units) });
}

/** What an answer used; units of its guardrail are undefined where nobody told them. */
interface UsedByAnswer {
  readonly usage: TokenUsage | null;
  readonly units: OtherMeters | undefined;
}

/** Undefined where one of them did not say. */
function sumIfTold(units: readonly (OtherMeters | undefined)[]): OtherMeters | undefined {
  const told = units.filter((one) => one !== undefined);
  return told.length === units.length ? told.reduce(sumOther, {}) : undefined;
}

async function sendAfter(
  before: readonly TokenUsage[],
  send: SendBody,
  body: Uint8Array,
): Promise<InvokeAnswer> {
  try {
    return await send(body);
  } catch (error) {
    if (!(error instanceof ModelError) || before.length === 0) throw error;
    const { failure, message, upstreamId } = error;
    if (failure === 'cut' || failure === 'timeout') throw error;
    throw new ModelError(failure, message, { upstreamId, usage: sumUsage(before) });
  }
}

const PREFIX = 'x-amzn-bedrock-';

function usageOfAnswer(
  call: InvokeCall,
  { headers }: InvokeAnswer,
  body: unknown,
): TokenUsage | null {
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

/** Reads the chunks of one stream, in order. */
export function createChunkReader(call: InvokeCall, served: Served) {
  let [metrics, hourWrite]: [Metrics | null, unknown] = [null, undefined];
  let units: OtherMeters | undefined;
  return {
    read(bytes: Uint8Array): ModelEvent {
      const said = jsonIn(bytes);
      metrics = metricsIn(said) ?? metrics;
      hourWrite ??= hourWriteInBody(said);
      units = guardrailUnitsInBody(said) ?? units;
      return { type: 'chunk', bytes };
    },
    /** The end of the stream; undefined where no chunk said what was used. */
    end(): ModelEnd | undefined {
      if (!metrics) return undefined;
      const { inputTokenCount: input, outputTokenCount: output } = metrics;
      const { cacheReadInputTokenCount: cacheRead, cacheWriteInputTokenCount: cacheWrite } =
        metrics;
      const usage = usageOf({ input, output, cacheRead, cacheWrite, cacheWrite1h: hourWrite });
      return endOfInvoke(call, served, { usage, units });
    },
  };
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

function endOfInvoke(
  { other }: InvokeCall,
  served: Served,
  { usage, units }: UsedByAnswer,
): ModelEnd {
  const known = units !== undefined || Object.keys(other).length > 0;
  return {
    ...{ type: 'end', stopReason: 'end_turn', usage },
    ...(known && { other: sumOther(other, units ?? {}) }),
    tier: servedTier(served.serviceTier),
    latencyClass: servedLatency(served.performanceConfigLatency),
    upstreamId: served.upstreamId ?? '',
  };
}
