import { NO_TOKENS } from '../../domain/meters.ts';
import type { TokenUsage } from '../../domain/meters.ts';
import { UNCOUNTED_GUARDRAIL, isGuarded } from '../../domain/guardrail-units.ts';
import { ModelError } from '../../domain/model-call.ts';
import type { ModelEnd, ModelEvent } from '../../domain/model-call.ts';
import type { Outcome, UsageEvent } from '../../domain/usage-event.ts';
import { contextOf } from '../../pricing/long-context.ts';
import type { Attempt } from './admit-call.ts';
import type { Clock, ModelClient } from '../ports.ts';

/** What became of one attempt. */
export interface AttemptResult {
  readonly outcome: Outcome;
  /** HTTP status the tenant is given. */
  readonly status: number;
  readonly usage: TokenUsage;
  readonly usageSource: UsageEvent['usage_source'];
  readonly end: ModelEnd;
  /** Why it failed; null if it did not. */
  readonly failure: string | null;
  readonly firstByteMs: number | null;
  readonly upstreamId: string | null;
}

interface RunPorts {
  readonly models: ModelClient;
  readonly clock: Pick<Clock, 'now'>;
}

const NO_END: ModelEnd = {
  type: 'end',
  stopReason: 'end_turn',
  usage: null,
  tier: 'standard',
  latencyClass: 'standard',
  upstreamId: '',
};

/** HTTP status a tenant is given for an attempt that failed upstream. */
export const STATUS_OF_FAILURE = {
  throttled: 429,
  client_error: 400,
  upstream_error: 502,
  timeout: 504,
  cut: 502,
} as const;

/**
 * Calls a model once and reads its answer to the end, whatever becomes of whoever asked for it.
 *
 * @param emit - Told of every event but the end.
 */
export async function runAttempt(
  { models, clock }: RunPorts,
  { id, attempt, call }: Attempt,
  emit: (event: Exclude<ModelEvent, ModelEnd>) => void,
): Promise<AttemptResult> {
  const called = { ...call, metadata: { tollbook: `${id}/${attempt}` } };
  const startedMs = clock.now();
  let firstByteMs: number | null = null;
  let end: ModelEnd | undefined;
  try {
    for await (const event of models.invoke(called)) {
      firstByteMs ??= clock.now() - startedMs;
      if (event.type === 'end') end = event;
      else emit(event);
    }
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { ...failed(error), firstByteMs };
  }
  if (!end?.usage)
    return { ...failed(new ModelError('cut', 'no usage')), firstByteMs, outcome: 'unknown' };
  const { usage, upstreamId, usageSource = 'reported' } = end;
  return {
    outcome: 'ok',
    status: 200,
    usage,
    usageSource,
    end,
    failure: null,
    firstByteMs,
    upstreamId,
  };
}

/** A failed attempt used what it said; one that was refused before the model ran used nothing. */
function failed(error: ModelError): Omit<AttemptResult, 'firstByteMs'> {
  const { failure, usage, other, upstreamId, message } = error;
  const silent = usage === null && (failure === 'cut' || failure === 'timeout');
  return {
    outcome: silent ? 'unknown' : failure,
    status: STATUS_OF_FAILURE[failure],
    usage: usage ?? NO_TOKENS,
    usageSource: usage || other ? 'reported' : 'none',
    end: other ? { ...NO_END, other } : NO_END,
    failure: message,
    upstreamId,
  };
}

/** The usage event of an attempt: what its line will say. Field by field, as a spread is slow. */
export function eventOf(attempt: Attempt, result: AttemptResult, settledMs: number): UsageEvent {
  const { principal, call, admittedMs, pricedAs } = attempt;
  const { usage, end } = result;
  const { input, cache_read, cache_write_5m, cache_write_1h, output } = usage;
  const inputTotal = input + cache_read + cache_write_5m + cache_write_1h;
  return {
    id: attempt.id,
    attempt: attempt.attempt,
    admitted_ms: admittedMs,
    tenant: principal.tenant,
    cost_center: principal.costCenter,
    key: principal.keyId,
    project: principal.project,
    api: call.api,
    model_requested: attempt.modelRequested,
    model: pricedAs.model,
    scope: pricedAs.scope,
    region: pricedAs.region,
    tier: end.tier,
    mode: pricedAs.mode,
    latency_class: end.latencyClass,
    context: contextOf(pricedAs.model, inputTotal, admittedMs),
    outcome: result.outcome,
    status: result.status,
    stream: call.stream,
    settled_ms: settledMs,
    latency_ms: settledMs - admittedMs,
    first_byte_ms: result.firstByteMs,
    input,
    cache_read,
    cache_write_5m,
    cache_write_1h,
    output,
    other: otherOf(attempt, result),
    usage_source: result.usageSource,
    reserved: attempt.reserved,
    upstream_id: safeUpstreamId(result.upstreamId),
  };
}

/** A guardrail whose units nobody told is not free: the call waits for a price. */
function otherOf({ call }: Attempt, { end, usageSource }: AttemptResult): UsageEvent['other'] {
  if (end.other !== undefined) return end.other;
  return usageSource !== 'none' && isGuarded(call) ? UNCOUNTED_GUARDRAIL : {};
}

/** What a model's service calls the request, kept only if it looks like a request id. */
function safeUpstreamId(text: string | null): string | null {
  return text !== null && /^[A-Za-z0-9._:-]{1,40}$/.test(text) ? text : null;
}
