import { hourWriteInBody, usageInBody } from '../../domain/body-usage.ts';
import { guardrailUnitsInBody } from '../../domain/guardrail-units.ts';
import { NO_TOKENS } from '../../domain/meters.ts';
import type { TokenUsage } from '../../domain/meters.ts';
import type { InvokeCall, ModelEnd, ModelEvent } from '../../domain/model-call.ts';
import { sumOther } from '../../domain/other-meters.ts';
import type { OtherMeters } from '../../domain/other-meters.ts';
import { servedLatency, servedTier, usageOf } from '../../domain/reported-usage.ts';

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

/** What an answer used; units of its guardrail are undefined where nobody told them. */
export interface UsedByAnswer {
  readonly usage: TokenUsage | null;
  readonly units: OtherMeters | undefined;
}

/** What the answer to one body used, by its headers or by what it says itself. */
export function usedByAnswer(call: InvokeCall, answer: InvokeAnswer): UsedByAnswer {
  const said = jsonIn(answer.bytes);
  return { usage: usageOfAnswer(call, answer, said), units: guardrailUnitsInBody(said) };
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

/** The end of the answer to a body, or to all of a call's. */
export function endOfInvoke(
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
