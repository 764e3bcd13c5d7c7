import type { EventId } from '../../domain/event-id.ts';
import type { ConverseCall, ModelEvent } from '../../domain/model-call.ts';
import { MINUTE_MS } from '../../domain/instant.ts';
import { LONGEST_CALL_MS } from '../../domain/window.ts';
import { ApiRefused } from '../edge/api-exchange.ts';
import type { Headers } from '../edge/api-exchange.ts';
import type { Principal } from '../edge/authenticate.ts';
import type { createInvokeModel } from './invoke-model.ts';
import { JobTooLong } from '../ports.ts';
import type { Clock, Job, Jobs } from '../ports.ts';

/** An answer is kept for this long after its call has ended, fetched or not. */
export const RESULT_KEPT_MS = 15 * MINUTE_MS;

const TOO_LONG = 'the answer is too long to be kept: ask for it on the line';

type Result = NonNullable<Job['result']>;

interface BackgroundPorts {
  readonly invokeModel: ReturnType<typeof createInvokeModel>;
  readonly jobs: Jobs;
  readonly clock: Pick<Clock, 'now'>;
}

/** How an answer, or a failure, is kept. */
export interface Keep {
  readonly answer: (events: readonly ModelEvent[]) => Result;
  /** Undefined for an error of ours: it is kept as one, and told to the operator. */
  readonly failure: (error: unknown) => { readonly result: Result; readonly ours: boolean };
}

export interface Started {
  readonly id: EventId;
  /** What is known when the call is admitted, such as how budgets stand. */
  readonly headers: Headers;
  /** Resolves when the call is metered and its answer kept: a process must not end before. */
  readonly settled: Promise<void>;
}

/**
 * Makes calls whose answer is fetched later. A call is metered when its model has ended, whoever comes
 * for the answer and whenever; what is kept belongs to the tenant that started it.
 */
export function createBackgroundJobs({ invokeModel, jobs, clock }: BackgroundPorts) {
  /** Resolves when the call is admitted and known to be running. @throws where it is not admitted. */
  return async function startJob(
    principal: Principal,
    call: ConverseCall,
    keep: Keep,
  ): Promise<Started> {
    const events: ModelEvent[] = [];
    const admitted = Promise.withResolvers<Omit<Started, 'settled'>>();
    const ended = invokeModel(principal, call, (event) => {
      if (event.type === 'admitted') admitted.resolve({ id: event.id, headers: event.headers });
      else events.push(event);
    });
    ended.catch(admitted.reject);
    const { id, headers } = await admitted.promise;
    const put = (result: Job['result'], keptMs: number) =>
      jobs.put({ tenant: principal.tenant, id, result, expiresMs: clock.now() + keptMs });
    const putAnswer = (result: Result) => put(result, RESULT_KEPT_MS);
    const running = put(null, LONGEST_CALL_MS);
    const settled = ended.then(
      async (answered) => {
        await running;
        await putAnswer(keep.answer(events)).catch((error: unknown) => {
          if (!(error instanceof JobTooLong)) throw error;
          // The call is metered and cannot be had twice for one price: its caller is told how to.
          return putAnswer(keep.failure(new ApiRefused(507, TOO_LONG)).result);
        });
        await answered.settled;
      },
      async (error: unknown) => {
        const { result, ours } = keep.failure(error);
        await running;
        await putAnswer(result);
        if (ours) throw error;
      },
    );
    // Whoever is told of it may come late.
    settled.catch(() => undefined);
    await running;
    return { id, headers, settled };
  };
}
