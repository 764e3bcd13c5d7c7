import { EVENT_ID_RANDOM_BYTES, mintEventId } from '../domain/event-id.ts';
import type { EventId } from '../domain/event-id.ts';
import { NO_TOKENS } from '../domain/meters.ts';
import type { TokenUsage } from '../domain/meters.ts';
import { ModelError } from '../domain/model-call.ts';
import type { ModelCall, ModelEvent } from '../domain/model-call.ts';
import type { PicoUsd } from '../domain/money.ts';
import type { Outcome, PricedAs, UsageEvent } from '../domain/usage-event.ts';
import { TEXT_LIMITS, encodeUsageLine, fitsUsageLine } from '../domain/usage-line.ts';
import type { LineMac } from '../domain/usage-line.ts';
import { inputTokenBound } from '../domain/token-bounds.ts';
import { LONGEST_CALL_MS } from '../domain/window.ts';
import { contextOf } from '../pricing/long-context.ts';
import { parseModelId } from '../pricing/model-id.ts';
import type { PriceIndex } from '../pricing/price-index.ts';
import { worstCase } from '../pricing/worst-case.ts';
import type { Principal } from './authenticate.ts';
import type { Clock, ModelClient, Random, Store, UsageLog } from './ports.ts';

export interface InvokePorts {
  readonly store: Pick<Store, 'reserve' | 'settle'>;
  readonly usageLog: UsageLog;
  readonly models: ModelClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly mac: LineMac;
  readonly prices: PriceIndex;
  /** Region that is called: prices are those of the source Region. */
  readonly region: string;
}

/** A call that cannot be admitted; nothing was reserved and no model was reached. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
  /** Which part of the call is at fault. */
  readonly field: 'model';

  constructor(field: 'model', message: string) {
    super(`${field}: ${message}`);
    this.field = field;
  }
}

/** A call that was admitted and then failed upstream: it is metered like any other. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Answered {
  readonly id: EventId;
  readonly usage: TokenUsage;
  /** Resolves when the reservation is settled: off the caller's path, before a process may end. */
  readonly settled: Promise<void>;
}

/** What a tenant is told while its call runs; `admitted` comes first and names it. */
export type CallEvent = { readonly type: 'admitted'; readonly id: EventId } | ModelEvent;

/** Gives the tenant an event; it must not throw, so that nothing can stop a call half way. */
export type Emit = (event: CallEvent) => void;

/**
 * The invoke path. Reservation durable → upstream → usage line durable → last event out → settle.
 * A tenant that leaves does not stop the read: the model bills what it makes, so we count it.
 */
export function createInvokeModel(ports: InvokePorts) {
  return async function invokeModel(
    principal: Principal,
    call: ModelCall,
    emit: Emit,
  ): Promise<Answered> {
    const attempt = admit(ports, principal, call);
    await ports.store.reserve({
      id: attempt.id,
      attempt: 1,
      tenant: principal.tenant,
      state: 'PENDING',
      reserved: attempt.reserved,
      leaseMs: attempt.admittedMs + LONGEST_CALL_MS,
    });
    emit({ type: 'admitted', id: attempt.id });
    const result = await callModel(ports, call, emit);
    if (result.outcome === 'unknown') {
      // Nobody said what was used: the reservation stays held and its lease ends in suspense.
      throw new CallFailed(result.status, 'the model gave no account of what it used');
    }
    const event = eventOf(ports, attempt, result);
    const line = encodeUsageLine(event, ports.mac);
    await ports.usageLog.append(line);
    const settled = ports.store.settle({ id: attempt.id, attempt: 1 }, line).then(() => undefined);
    if (result.failure) {
      await settled;
      throw new CallFailed(result.status, result.failure);
    }
    emit(result.end);
    return { id: attempt.id, usage: result.usage, settled };
  };
}

interface Attempt {
  readonly id: EventId;
  readonly principal: Principal;
  readonly call: ModelCall;
  readonly admittedMs: number;
  readonly pricedAs: PricedAs;
  readonly reserved: PicoUsd | null;
}

const MODEL_REQUESTED = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/;

function admit(ports: InvokePorts, principal: Principal, call: ModelCall): Attempt {
  const { modelRequested } = call;
  const limit = TEXT_LIMITS.model_requested;
  if (modelRequested.length > limit || !MODEL_REQUESTED.test(modelRequested)) {
    throw new CallRefused(
      'model',
      `expected an id of at most ${limit} letters, digits and . _ : / -`,
    );
  }
  const { model, scope, region = ports.region } = parseModelId(modelRequested);
  if (region.length > TEXT_LIMITS.region) throw new CallRefused('model', 'its Region is not one');
  const admittedMs = ports.clock.now();
  const pricedAs: PricedAs = {
    model: (model ?? modelRequested).slice(0, TEXT_LIMITS.model),
    scope,
    region,
    ...{ tier: 'standard', mode: 'on_demand', latency_class: 'standard', context: 'base' },
  };
  const id = mintEventId(admittedMs, ports.random.bytes(EVENT_ID_RANDOM_BYTES));
  const other = call.kind === 'invoke' ? call.other : {};
  const bound = { input: inputTokenBound(call), output: call.maxTokens ?? 0, other };
  const reserved = worstCase(ports.prices, [pricedAs], { bound, atMs: admittedMs });
  const attempt = { id, principal, call, admittedMs, pricedAs, reserved };
  if (!fitsUsageLine(eventOf(ports, attempt, NOTHING_YET))) {
    throw new CallRefused('model', 'its names and those of the key are too long to be metered');
  }
  return attempt;
}

type End = Extract<ModelEvent, { type: 'end' }>;

interface CallResult {
  readonly outcome: Outcome;
  readonly status: number;
  readonly usage: TokenUsage;
  readonly usageSource: UsageEvent['usage_source'];
  readonly end: End;
  readonly failure: string | null;
  readonly firstByteMs: number | null;
  readonly upstreamId: string | null;
}

const NO_END: End = {
  type: 'end',
  stopReason: 'end_turn',
  usage: null,
  tier: 'standard',
  latencyClass: 'standard',
  upstreamId: '',
};

const NOTHING_YET: CallResult = {
  ...{ outcome: 'ok', status: 200, usage: NO_TOKENS, usageSource: 'none', end: NO_END },
  ...{ failure: null, firstByteMs: null, upstreamId: null },
};

const STATUS_OF_FAILURE = {
  throttled: 429,
  client_error: 400,
  upstream_error: 502,
  timeout: 504,
  cut: 502,
} as const;

async function callModel(ports: InvokePorts, call: ModelCall, emit: Emit): Promise<CallResult> {
  const startedMs = ports.clock.now();
  let firstByteMs: number | null = null;
  let end: End | undefined;
  try {
    for await (const event of ports.models.invoke(call)) {
      firstByteMs ??= ports.clock.now() - startedMs;
      if (event.type === 'end') end = event;
      else emit(event);
    }
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { ...failed(error), firstByteMs };
  }
  if (!end?.usage)
    return { ...failed(new ModelError('cut', 'no usage')), firstByteMs, outcome: 'unknown' };
  const upstreamId = end.upstreamId;
  return {
    ...{ outcome: 'ok', status: 200, usage: end.usage, usageSource: 'reported' },
    ...{ end, failure: null, firstByteMs, upstreamId },
  };
}

/** A failed attempt used what it said; one that was refused before the model ran used nothing. */
function failed({
  failure,
  usage,
  upstreamId,
  message,
}: ModelError): Omit<CallResult, 'firstByteMs'> {
  const silent = usage === null && (failure === 'cut' || failure === 'timeout');
  return {
    outcome: silent ? 'unknown' : failure,
    status: STATUS_OF_FAILURE[failure],
    usage: usage ?? NO_TOKENS,
    usageSource: usage ? 'reported' : 'none',
    end: NO_END,
    failure: message,
    upstreamId,
  };
}

function eventOf(ports: InvokePorts, attempt: Attempt, result: CallResult): UsageEvent {
  const { id, principal, call, admittedMs, pricedAs, reserved } = attempt;
  const { outcome, status, usage, end, firstByteMs, upstreamId } = result;
  const settledMs = ports.clock.now();
  const { input, cache_read, cache_write_5m, cache_write_1h } = usage;
  const inputTotal = input + cache_read + cache_write_5m + cache_write_1h;
  return {
    ...pricedAs,
    tier: end.tier,
    latency_class: end.latencyClass,
    context: contextOf(pricedAs.model, inputTotal, admittedMs),
    ...{ id, attempt: 1, admitted_ms: admittedMs, settled_ms: settledMs },
    ...{ tenant: principal.tenant, cost_center: principal.costCenter },
    ...{ key: principal.keyId, project: principal.project },
    ...{ api: call.api, model_requested: call.modelRequested, stream: call.stream },
    ...{ outcome, status, latency_ms: settledMs - admittedMs, first_byte_ms: firstByteMs },
    ...usage,
    ...{ other: {}, usage_source: result.usageSource, reserved },
    upstream_id: safeUpstreamId(upstreamId),
  };
}

/** What a model's service calls the request, kept only if it looks like a request id. */
function safeUpstreamId(text: string | null): string | null {
  return text !== null && /^[A-Za-z0-9._:-]{1,40}$/.test(text) ? text : null;
}
