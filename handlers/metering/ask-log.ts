import type { Clock, LogQuery, LogQuestion, QueryState } from '../ports.ts';
import { LogQueryFailed } from '../ports.ts';

const POLL_MS = 1000;
/** A question that small takes seconds; after this long the state's own retry starts it afresh. */
const POLLS_MAX = 120;

interface LogPorts {
  readonly logs: LogQuery;
  readonly clock: Clock;
}

/**
 * Asks a small counting question and waits for the whole answer.
 *
 * @throws LogQueryFailed if it does not become `Complete`.
 */
export async function askLog(ports: LogPorts, question: LogQuestion): Promise<QueryState> {
  const queryId = await ports.logs.start(question);
  return untilComplete(ports, queryId);
}

/** Waits for a question to be answered. @throws LogQueryFailed if it does not become `Complete`. */
export async function untilComplete(
  { logs, clock }: LogPorts,
  queryId: string,
): Promise<QueryState> {
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    const state = await logs.poll(queryId);
    if (state.status === 'Complete') return state;
    if (isOver(state)) throw new LogQueryFailed(`log query ${queryId}: ${state.status}`);
    await clock.sleep(POLL_MS);
  }
  throw new LogQueryFailed(`log query ${queryId}: not Complete after ${POLLS_MAX} polls`);
}

/** Has the question ended, one way or another? */
export function isOver({ status }: Pick<QueryState, 'status'>): boolean {
  return status !== 'Running' && status !== 'Scheduled';
}
