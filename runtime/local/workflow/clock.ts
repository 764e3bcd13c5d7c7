/** Time as a workflow sees it. */
export interface WorkflowClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves `ms` later on this clock; may reject once the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * True if `sleep` moves `now()` forward and resolves without letting work under way finish. A
   * task cannot be raced against such a clock, so its timeout is measured when it settles.
   *
   * @default false: sleeping takes the time it says, timeouts cut off a task that hangs
   */
  readonly jumps?: boolean;
}

/** What a limit that was reached resolves to; no payload can be mistaken for it. */
export const EXPIRED = Symbol('expired');

/** A limit on how long something may take. */
export interface Deadline {
  /** Resolves at the limit; never on a clock that jumps. */
  readonly expired: Promise<typeof EXPIRED>;
  /** Whether more than the limit has passed. */
  isLate(): boolean;
  /** Ends the timer behind `expired`. */
  stop(): void;
}

/** The waits of one execution. */
export interface Waits {
  now(): number;
  /** Waits, or returns early once the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /**
   * Starts a limit of `ms`, or one that is never reached.
   *
   * @param waits - Whether the execution's own waits count against it on a clock that jumps.
   */
  deadline(ms: number | undefined, waits: 'count' | 'do-not-count'): Deadline;
}

/** Counts the waits of one execution on a clock. */
export function createWaits(clock: WorkflowClock): Waits {
  let jumpedMs = 0;

  async function wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const aborted = Promise.withResolvers<undefined>();
    const onAbort = () => {
      aborted.resolve(undefined);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const beforeMs = clock.now();
    try {
      await Promise.race([sleep(clock, ms, signal), aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (clock.jumps === true) jumpedMs += clock.now() - beforeMs;
    }
  }

  function deadline(ms: number | undefined, waits: 'count' | 'do-not-count'): Deadline {
    const timer = new AbortController();
    const startedMs = clock.now();
    const jumpedBeforeMs = jumpedMs;
    const expired =
      clock.jumps === true || ms === undefined
        ? Promise.withResolvers<typeof EXPIRED>().promise
        : sleep(clock, ms, timer.signal).then((): typeof EXPIRED => EXPIRED);

    function isLate() {
      // elsewhere in the execution somebody's wait may have jumped: no time of the task's own
      const jumped = waits === 'count' ? 0 : jumpedMs - jumpedBeforeMs;
      return ms !== undefined && clock.now() - startedMs - jumped > ms;
    }
    function stop() {
      timer.abort();
    }
    return { expired, isLate, stop };
  }

  return { now: () => clock.now(), wait, deadline };
}

/** Sleeps; an abort is not an error, it ends the sleep or leaves it pending. */
async function sleep(clock: WorkflowClock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
