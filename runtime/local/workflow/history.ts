import type { Json } from './json.ts';

/** What can happen in an execution. */
export type HistoryEventType =
  | 'ExecutionStarted'
  | 'ExecutionSucceeded'
  | 'ExecutionFailed'
  | 'ExecutionTimedOut'
  | 'StateEntered'
  | 'StateExited'
  | 'TaskScheduled'
  | 'TaskSucceeded'
  | 'TaskFailed'
  | 'TaskTimedOut'
  | 'TaskRetried'
  | 'CatchTaken'
  | 'ChoiceTaken'
  | 'MapIterationStarted'
  | 'MapIterationSucceeded'
  | 'MapIterationFailed'
  | 'MapIterationStopped';

/** One entry of an execution's history, in the order in which things happened. */
export interface HistoryEvent {
  /** Counts from 1 without gaps. */
  readonly id: number;
  readonly atMs: number;
  readonly type: HistoryEventType;
  /** Where, e.g. `Windows[3]/RateWindow`; empty for the execution itself. */
  readonly path: string;
  readonly details?: Readonly<Record<string, Json>>;
}

/** An event before it gets its number and instant. */
export type Happening = Pick<HistoryEvent, 'type' | 'path' | 'details'>;

/** Collects the history of one execution; ignores what happens after it is closed. */
export interface Recorder {
  readonly events: readonly HistoryEvent[];
  record(happening: Happening): void;
  close(): void;
}

/** Creates a recorder that also hands every event on as it happens. */
export function createRecorder(
  now: () => number,
  onEvent: ((event: HistoryEvent) => void) | undefined,
): Recorder {
  const events: HistoryEvent[] = [];
  let isOpen = true;
  return {
    events,
    record(happening) {
      if (!isOpen) return; // a zombie: the execution has ended without it
      const event = { id: events.length + 1, atMs: now(), ...happening };
      events.push(event);
      onEvent?.(event);
    },
    close() {
      isOpen = false;
    },
  };
}
