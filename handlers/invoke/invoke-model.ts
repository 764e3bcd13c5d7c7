import type { EventId } from '../../domain/event-id.ts';
import type { Used } from '../../domain/limits.ts';
import type { TokenUsage } from '../../domain/meters.ts';
import type { ModelCall, ModelEvent } from '../../domain/model-call.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { encodeUsageLine, fitsUsageLine } from '../../domain/usage-line.ts';
import type { LineMac } from '../../domain/usage-line.ts';
import { LONGEST_CALL_MS } from '../../domain/window.ts';
import type { Headers } from '../edge/api-exchange.ts';
import { admitCall } from './admit-call.ts';
import type { AdmitPorts, Attempt } from './admit-call.ts';
import type { Principal } from '../edge/authenticate.ts';
import { createBudgetWatch } from './budget-watch.ts';
import type { BudgetWatch } from './budget-watch.ts';
import { CallFailed, CallRefused, limitRefusal } from './call-errors.ts';
import { LimitReached } from '../ports.ts';
import type { Limits, ModelClient, Notifier, Store, UsageLog } from '../ports.ts';
import { eventOf, runAttempt } from './run-attempt.ts';
import type { AttemptResult } from './run-attempt.ts';
import { usedBy } from './used-by.ts';

export interface InvokePorts extends AdmitPorts {
  readonly store: Pick<Store, 'reserve' | 'settle'>;
  readonly limits: Limits;
  readonly usageLog: UsageLog;
  readonly models: ModelClient;
  readonly notifier: Notifier;
  readonly mac: LineMac;
}

export interface Answered {
  readonly id: EventId;
  readonly usage: TokenUsage;
  /** Resolves when the reservation is settled: off the caller's path, before a process may end. */
  readonly settled: Promise<void>;
}

/**
 * What a tenant is told while its call runs; `admitted` comes first, names it, and says in headers
 * how its budgets stand.
 */
export type CallEvent =
  { readonly type: 'admitted'; readonly id: EventId; readonly headers: Headers } | ModelEvent;

/** Gives the tenant an event; it must not throw, so that nothing can stop a call half way. */
export type Emit = (event: CallEvent) => void;

interface Parts {
  readonly ports: InvokePorts;
  readonly watch: BudgetWatch;
}

/** One attempt that ended, and whether another may follow: nobody has heard a word of it yet. */
interface Ended {
  readonly result: AttemptResult;
  readonly settled: Promise<void>;
  readonly silent: boolean;
}

/**
 * The invoke path. Reservation durable → upstream → usage line durable → last event out → settle.
 * A tenant that leaves does not stop the read: the model bills what it makes, so we count it.
 */
export function createInvokeModel(ports: InvokePorts) {
  const parts = { ports, watch: createBudgetWatch(ports) };
  return async function invokeModel(
    principal: Principal,
    call: ModelCall,
    emit: Emit,
  ): Promise<Answered> {
    const plan = await admitCall(ports, principal, call);
    for (const attempt of plan) refuseUnmeterable(attempt);
    let last: Ended | undefined;
    for (const attempt of plan) {
      if (!(await reserved(parts, attempt, last))) break;
      if (!last) {
        const headers = await parts.watch.headersOf(attempt);
        emit({ type: 'admitted', id: attempt.id, headers });
      }
      last = await runMetered(parts, attempt, emit);
      if (!mayTryAgain(last)) break;
    }
    if (!last) throw new Error('invoke: got a plan without attempts, expected one at least');
    return answered(plan, last, emit);
  };
}

async function answered(
  [attempt]: readonly Attempt[],
  { result, settled }: Ended,
  emit: Emit,
): Promise<Answered> {
  if (result.outcome === 'unknown') {
    // Nobody said what was used: the reservation stays held and its lease ends in suspense.
    throw new CallFailed(result.status, 'the model gave no account of what it used');
  }
  if (result.failure !== null) {
    await settled;
    throw new CallFailed(result.status, result.failure);
  }
  emit(result.end);
  return { id: (attempt as Attempt).id, usage: result.usage, settled };
}

/** Whatever a call comes to, its line must be writable: asked before anything is reserved. */
function refuseUnmeterable({ principal, call, modelRequested, pricedAs }: Attempt): void {
  const names = {
    tenant: principal.tenant,
    cost_center: principal.costCenter,
    key: principal.keyId,
    project: principal.project,
    api: call.api,
    model_requested: modelRequested,
    model: pricedAs.model,
    region: pricedAs.region,
  };
  if (fitsUsageLine(names)) return;
  const message = 'its names and those of the key are too long to be metered';
  throw new CallRefused({ status: 400, code: null, field: 'model', message });
}

/** @returns false where a further attempt has no room: the failure of the one before it stands. */
async function reserved(
  { ports }: Parts,
  attempt: Attempt,
  before: Ended | undefined,
): Promise<boolean> {
  const { id, principal, admittedMs, holds } = attempt;
  try {
    await ports.store.reserve({
      id,
      attempt: attempt.attempt,
      tenant: principal.tenant,
      state: 'PENDING',
      reserved: attempt.reserved,
      leaseMs: admittedMs + LONGEST_CALL_MS,
      holds,
    });
    return true;
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    if (before) return false;
    throw limitRefusal(error);
  }
}

async function runMetered({ ports, watch }: Parts, attempt: Attempt, emit: Emit): Promise<Ended> {
  let silent = true;
  const result = await runAttempt(ports, attempt, (event) => {
    silent = false;
    emit(event);
  });
  if (result.outcome === 'unknown') return { result, silent, settled: Promise.resolve() };
  const event = eventOf(attempt, result, ports.clock.now());
  const line = encodeUsageLine(event, ports.mac);
  await ports.usageLog.append(line);
  const settled = settle(ports, { event, line }).then(() => watch.afterSettling(attempt));
  return { result, silent, settled };
}

async function settle(
  { store, prices }: InvokePorts,
  { event, line }: { readonly event: UsageEvent; readonly line: string },
): Promise<void> {
  const used: Used = usedBy(event, await prices());
  await store.settle({ id: event.id, attempt: event.attempt }, line, used);
}

/** Another attempt helps where the service was busy or down, and nothing of its answer is out. */
function mayTryAgain({ result, silent }: Ended): boolean {
  const busy = result.outcome === 'throttled' || result.outcome === 'upstream_error';
  return busy && silent;
}
