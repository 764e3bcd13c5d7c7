import { createPlanSlices } from '../../../handlers/metering/plan-slices.ts';
import { INSIGHTS_ROW_LIMIT } from '../log/insights-limits.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `PlanSlices`: it asks nobody anything. */
export const handler = createStepFunction('plan-slices', () =>
  createPlanSlices({ logs: { rowLimit: INSIGHTS_ROW_LIMIT } }),
);
