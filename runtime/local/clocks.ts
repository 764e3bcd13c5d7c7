import type { Clock } from '../../handlers/ports.ts';
import type { Schedule } from './group-commit.ts';

/** A clock that stands at an instant and jumps when somebody sleeps: for work nobody waits for. */
export function createJumpingClock(startMs: number): Clock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    sleep: async (ms) => {
      // Sleepers side by side wake at the same instant: their waits do not add up.
      const wakeMs = nowMs + ms;
      await Promise.resolve();
      nowMs = Math.max(nowMs, wakeMs);
    },
  };
}

/** A clock that stands at an instant for good: what counts as now to those who only ask. */
export function createStandingClock(nowMs: number): Clock {
  return { now: () => nowMs, sleep: () => Promise.resolve() };
}

interface Timer {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Something that starts at an instant. */
export interface Arrival {
  readonly atMs: number;
  readonly start: () => Promise<void>;
}

/** A clock on which time moves only when nothing is left to do at the present instant. */
export interface VirtualClock extends Clock {
  /** Commits run when everything else at this instant stands still: one commit per tick. */
  readonly schedule: Schedule;
  /** Starts arrivals (ascending) at their instants and returns when all that followed is done. */
  replay(arrivals: Iterable<Arrival>): Promise<void>;
}

/** Virtual time from `startMs`. */
export function createVirtualClock(startMs: number): VirtualClock {
  let nowMs = startMs;
  const timers = createTimerHeap();
  let commits: (() => void)[] = [];
  let running = 0;
  let failure: { readonly error: unknown } | undefined;

  function startAll(due: readonly Arrival[]): void {
    for (const { start } of due) {
      running += 1;
      start()
        .catch((error: unknown) => (failure ??= { error }))
        .finally(() => (running -= 1));
    }
  }

  async function settle(): Promise<void> {
    do {
      await new Promise(setImmediate);
      const due = commits;
      commits = [];
      for (const commit of due) commit();
      if (due.length > 0) await new Promise(setImmediate);
    } while (commits.length > 0);
    if (failure) throw failure.error;
  }

  return {
    now: () => nowMs,
    sleep: (ms) =>
      new Promise((wake) => {
        timers.add({ dueMs: nowMs + Math.max(0, ms), wake });
      }),
    schedule: (run) => commits.push(run),
    replay: async (arrivals) => {
      const source = arrivals[Symbol.iterator]();
      let next = source.next();
      while (!next.done || timers.size() > 0 || running > 0) {
        const arrivalMs = next.done ? Infinity : next.value.atMs;
        const instant = Math.min(arrivalMs, timers.earliestMs());
        if (instant === Infinity) throw new Error('virtual clock: work waits for nothing');
        nowMs = Math.max(nowMs, instant);
        const due: Arrival[] = [];
        for (; !next.done && next.value.atMs <= nowMs; next = source.next()) due.push(next.value);
        timers.wakeDue(nowMs);
        startAll(due);
        await settle();
      }
    },
  };
}

/** A binary heap by due time; timers due together wake in the order they were set. */
function createTimerHeap() {
  const heap: (Timer & { readonly order: number })[] = [];
  let order = 0;

  function before(a: number, b: number): boolean {
    const [x, y] = [heap[a], heap[b]];
    if (!x || !y) return false;
    return x.dueMs === y.dueMs ? x.order < y.order : x.dueMs < y.dueMs;
  }

  function swap(a: number, b: number): void {
    const [x, y] = [heap[a], heap[b]];
    if (x && y) [heap[a], heap[b]] = [y, x];
  }

  function removeFirst(): Timer | undefined {
    swap(0, heap.length - 1);
    const first = heap.pop();
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = before(right, left) ? right : left;
      if (!before(child, at)) break;
      swap(at, child);
      at = child;
    }
    return first;
  }

  return {
    size: () => heap.length,
    earliestMs: () => heap[0]?.dueMs ?? Infinity,
    add(timer: Timer) {
      heap.push({ ...timer, order: order++ });
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!before(at, parent)) break;
        swap(at, parent);
        at = parent;
      }
    },
    wakeDue(nowMs: number) {
      while ((heap[0]?.dueMs ?? Infinity) <= nowMs) removeFirst()?.wake();
    },
  };
}
