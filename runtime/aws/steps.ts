import type { MeteringStep } from '../../workflows/steps.ts';
import { handler as auditWindow } from './functions/audit-window.ts';
import { handler as collectSlice } from './functions/collect-slice.ts';
import { handler as matchReservations } from './functions/match-reservations.ts';
import { handler as planSlices } from './functions/plan-slices.ts';
import { handler as planWindows } from './functions/plan-windows.ts';
import { handler as pollCount } from './functions/poll-count.ts';
import { handler as pollQuery } from './functions/poll-query.ts';
import { handler as publishWindow } from './functions/publish-window.ts';
import { handler as rateWindow } from './functions/rate-window.ts';
import { handler as sealWindow } from './functions/seal-window.ts';
import { handler as startCount } from './functions/start-count.ts';
import { handler as startQuery } from './functions/start-query.ts';
import { handler as summarise } from './functions/summarise.ts';
import { handler as sweepLate } from './functions/sweep-late.ts';
import { handler as sweepReservations } from './functions/sweep-reservations.ts';
import type { Step } from './step-function.ts';

/**
 * The composition root of the metering workflow on AWS: a missing step is a type error. Deployed,
 * each of these functions is a bundle of its own and holds what it needs and no more.
 */
export const STEPS = {
  PlanWindows: planWindows,
  SweepReservations: sweepReservations,
  StartCount: startCount,
  PollCount: pollCount,
  PlanSlices: planSlices,
  StartQuery: startQuery,
  PollQuery: pollQuery,
  CollectSlice: collectSlice,
  RateWindow: rateWindow,
  MatchReservations: matchReservations,
  AuditWindow: auditWindow,
  SealWindow: sealWindow,
  PublishWindow: publishWindow,
  SweepLate: sweepLate,
  Summarise: summarise,
} satisfies Record<MeteringStep, Step>;
