import type { WorkflowClock } from '../../../../runtime/local/workflow/clock.ts';

/** 2026-02-01T00:00:00.000Z. */
export const START_MS = Date.UTC(2026, 1, 1);

/**
 * A clock that stands still while anything can run, then moves to the earliest sleeper. It waits,
 * as far as a workflow can tell, so it can cut off a task that hangs.
 */
export function createVirtualClock(): WorkflowClock & { readonly slept: readonly number[] } {
  let nowMs = START_MS;
  let sleepers: { atMs: number; wake: () => void }[] = [];
  const slept: number[] = [];
  let isScheduled = false;

  function schedule() {
    if (isScheduled || sleepers.length === 0) return;
    isScheduled = true;
    // promise callbacks run before the next macrotask: by then everybody who can move has moved
    setImmediate(() => {
      isScheduled = false;
      if (sleepers.length === 0) return;
      nowMs = Math.max(nowMs, Math.min(...sleepers.map(({ atMs }) => atMs)));
      const due = sleepers.filter(({ atMs }) => atMs <= nowMs);
      sleepers = sleepers.filter(({ atMs }) => atMs > nowMs);
      for (const { wake } of due) wake();
      schedule();
    });
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    slept.push(ms);
    return new Promise((resolve, reject) => {
      const sleeper = { atMs: nowMs + ms, wake: resolve };
      sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        sleepers = sleepers.filter((other) => other !== sleeper);
        reject(new Error('aborted'));
      });
      schedule();
    });
  }

  return { now: () => nowMs, sleep, slept };
}

/** A clock whose sleep only moves the hands. */
export function createJumpingClock(): WorkflowClock & { advance(ms: number): void } {
  let nowMs = START_MS;
  return {
    jumps: true,
    now: () => nowMs,
    sleep(ms) {
      nowMs += ms;
      return Promise.resolve();
    },
    advance(ms) {
      nowMs += ms;
    },
  };
}
