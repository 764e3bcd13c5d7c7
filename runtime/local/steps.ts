import { createAuditWindow } from '../../handlers/metering/audit-window.ts';
import { createCollectSlice } from '../../handlers/metering/collect-slice.ts';
import { createMatchReservations } from '../../handlers/metering/match-reservations.ts';
import { createPlanSlices } from '../../handlers/metering/plan-slices.ts';
import { createPlanWindows } from '../../handlers/metering/plan-windows.ts';
import { createPollCount } from '../../handlers/metering/poll-count.ts';
import { createPollQuery } from '../../handlers/metering/poll-query.ts';
import { createPublishWindow } from '../../handlers/metering/publish-window.ts';
import { createRateWindow } from '../../handlers/metering/rate-window.ts';
import { createSealWindow } from '../../handlers/metering/seal-window.ts';
import { createStartCount } from '../../handlers/metering/start-count.ts';
import { createStartQuery } from '../../handlers/metering/start-query.ts';
import { createSummarise } from '../../handlers/metering/summarise.ts';
import { createSweepLate } from '../../handlers/metering/sweep-late.ts';
import { createSweepReservations } from '../../handlers/metering/sweep-reservations.ts';
import type { MeteringStep } from '../../workflows/steps.ts';
import type { MeteringPorts } from './metering-ports.ts';

/** A state's work. */
export type Step = (input: unknown) => Promise<unknown>;

/** The composition root of the metering workflow on one machine: a missing step is a type error. */
export function createSteps(ports: MeteringPorts) {
  return {
    PlanWindows: createPlanWindows(ports),
    SweepReservations: createSweepReservations(ports),
    StartCount: createStartCount(ports),
    PollCount: createPollCount(ports),
    PlanSlices: createPlanSlices(ports),
    StartQuery: createStartQuery(ports),
    PollQuery: createPollQuery(ports),
    CollectSlice: createCollectSlice(ports),
    RateWindow: createRateWindow(ports),
    MatchReservations: createMatchReservations(ports),
    AuditWindow: createAuditWindow(ports),
    SealWindow: createSealWindow(ports),
    PublishWindow: createPublishWindow(ports),
    SweepLate: createSweepLate(ports),
    Summarise: createSummarise(ports),
  } satisfies Record<MeteringStep, Step>;
}

/** Steps of one window's reading: they may run beside those of another window, in any process. */
export const WINDOW_STEPS: ReadonlySet<MeteringStep> = new Set([
  'StartCount',
  'PollCount',
  'PlanSlices',
  'StartQuery',
  'PollQuery',
  'CollectSlice',
  'RateWindow',
  'MatchReservations',
  'AuditWindow',
]);
