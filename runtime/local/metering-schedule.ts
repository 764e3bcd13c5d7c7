import { HOUR_MS, hourOf } from '../../domain/instant.ts';
import { GRACE_MS } from '../../handlers/metering/plan-windows.ts';
import { systemClock } from '../node/system.ts';
import type { DataFolder } from './data-folder.ts';
import { meter } from './meter.ts';
import type { MeterResult } from './meter.ts';

export interface ScheduleOptions {
  readonly folder: DataFolder;
  /** A metering ended, well or not. */
  readonly onMetered: (result: MeterResult) => void;
  readonly onError: (error: unknown) => void;
}

/** A window can be sealed this long after its grace; lines on their way have arrived by then. */
const SLACK_MS = 30_000;

/** The timer that stands in for EventBridge: a little after each hour's grace. */
export function meterOnSchedule({ folder, onMetered, onError }: ScheduleOptions) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  function plan(): void {
    if (stopped) return;
    const nowMs = systemClock.now();
    const due = hourOf(nowMs - GRACE_MS - SLACK_MS) + HOUR_MS + GRACE_MS + SLACK_MS;
    timer = setTimeout(run, Math.max(1000, due - nowMs));
  }

  function run(): void {
    // On a thread of its own: calls must not wait while a window is rated.
    running = meter({ folder, nowMs: systemClock.now(), workers: 1 })
      .then(onMetered, onError)
      .finally(plan);
  }

  run();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
