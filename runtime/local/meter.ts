import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createFirstPriceBook } from '../../handlers/prices/first-price-book.ts';
import type { PlanWindowsOutput } from '../../handlers/metering/plan-windows.ts';
import type { Summary } from '../../handlers/metering/summarise.ts';
import { METERING_STEPS } from '../../workflows/steps.ts';
import type { MeteringStep } from '../../workflows/steps.ts';
import { createJumpingClock, createStandingClock } from './clocks.ts';
import type { DataFolder } from './data-folder.ts';
import { CHECKOUT, keptIndexes, openMeteringPorts } from './metering-ports.ts';
import type { MeteringPorts, MeteringSettings } from './metering-ports.ts';
import { createRecordedPrices } from './recorded-prices.ts';
import { createStepPool } from './step-pool.ts';
import { WINDOW_STEPS, createSteps } from './steps.ts';
import type { Step } from './steps.ts';
import { createWorkflow } from './workflow/workflow.ts';
import type { Execution } from './workflow/workflow.ts';
import type { HistoryEvent } from './workflow/history.ts';

/** Seals one window by name although it does not tie. */
export interface Force {
  /** Start of the window. */
  readonly window: string;
  readonly reason: string;
  readonly by: string;
}

export interface MeterOptions {
  readonly folder: DataFolder;
  /** The instant that counts as now, UTC ms. */
  readonly nowMs: number;
  readonly force?: Force | null;
  readonly settings?: MeteringSettings;
  /** Worker threads for the reading of windows; 0: all in this one. */
  readonly workers?: number;
  readonly onEvent?: (event: HistoryEvent) => void;
  /** Windows done, in parts of a window, and windows planned. */
  readonly onProgress?: (done: number, planned: number) => void;
}

export interface MeterResult {
  /** Executions of the workflow, in order; the last may have failed. */
  readonly executions: readonly Execution[];
  /** Why metering stopped; null when no closed window is left. */
  readonly failure: { readonly error: string; readonly cause: string } | null;
}

/** Executions of one `meter` at most: each but the last seals a window or takes in late lines. */
const EXECUTIONS_MAX = 10_000;

/** Runs the metering workflow until no closed window is left, or one does not tie. */
export async function meter(options: MeterOptions): Promise<MeterResult> {
  const { folder, nowMs, settings = {}, workers = 0 } = options;
  // The workflow's waits must not bring forward what counts as now: an hour that is not over at
  // `nowMs` is not over after a hundred executions either.
  const ports = openMeteringPorts(folder, createStandingClock(nowMs), settings);
  const pool =
    workers > 0 ? createStepPool(workers, { data: folder.root, nowMs, settings }) : undefined;
  try {
    await ensurePriceBook(ports);
    const { PlanWindows: plan, ...others } = createSteps(ports);
    // The plan asks the whole journal: read by all workers, it is there sooner, and for all of them.
    const PlanWindows: Step = async (input) => {
      await pool?.learn(ports.journal.unread());
      return plan(input);
    };
    const steps: Record<MeteringStep, Step> = { ...others, PlanWindows };
    const progress = followProgress(options.onProgress);
    const tasks = METERING_STEPS.map((step): [MeteringStep, Step] => {
      const runStep = pool && WINDOW_STEPS.has(step) ? pool.run.bind(pool, step) : steps[step];
      return [step, (input) => runStep(input).then((output) => progress(step, output))];
    });
    const definition = meteringDefinition();
    const run = (name: string, force: Force | null) =>
      createWorkflow({
        definition,
        tasks: Object.fromEntries(tasks),
        clock: { ...createJumpingClock(nowMs), jumps: true },
        random: () => Math.random(),
        name: 'metering',
        ...(options.onEvent && { onEvent: options.onEvent }),
      }).start({ force }, name);
    return await untilDone(run, options.force ?? null);
  } finally {
    await pool?.close();
    ports.close();
    rmSync(keptIndexes(folder), { recursive: true, force: true });
    expireWork(folder.lake);
  }
}

async function untilDone(
  run: (name: string, force: Force | null) => Promise<Execution>,
  force: Force | null,
): Promise<MeterResult> {
  const executions: Execution[] = [];
  while (executions.length < EXECUTIONS_MAX) {
    const execution = await run(`meter-${executions.length}`, force);
    executions.push(execution);
    if (execution.status !== 'SUCCEEDED') {
      const { error = execution.status, cause = '' } = execution;
      return { executions, failure: { error, cause } };
    }
    const { more, late } = execution.output as Summary;
    if (!more && late === 0) return { executions, failure: null };
  }
  throw new Error(`meter: still not done after ${EXECUTIONS_MAX} executions`);
}

/** The definition as it is deployed. */
export function meteringDefinition(): unknown {
  return JSON.parse(readFileSync(join(CHECKOUT, 'workflows', 'metering.asl.json'), 'utf8'));
}

/** A folder without a price book gets the one built from the recorded pages. */
export async function ensurePriceBook(
  ports: Pick<MeteringPorts, 'store' | 'objects' | 'codec' | 'tables'>,
): Promise<string> {
  const current = await ports.store.currentPriceBook();
  if (current !== undefined) return current;
  const priceList = createRecordedPrices(join(CHECKOUT, 'fixtures', 'get-products'));
  const { key } = await createFirstPriceBook({ ...ports, priceList })();
  return key;
}

/** Steps that every window passes once: each brings it forward by as much. */
const MILESTONES: ReadonlySet<MeteringStep> = new Set([
  'PollCount',
  'RateWindow',
  'MatchReservations',
  'AuditWindow',
  'SealWindow',
]);

function followProgress(onProgress: MeterOptions['onProgress']) {
  let [steps, planned] = [0, 0];
  return (step: MeteringStep, output: unknown): unknown => {
    if (step === 'PlanWindows') planned += (output as PlanWindowsOutput).windows.length;
    if (MILESTONES.has(step)) steps += 1;
    if (planned > 0) onProgress?.(Math.min(planned, steps / MILESTONES.size), planned);
    return output;
  };
}

/** What only the states of a window need is of no use to anybody an hour later. */
const WORK_LIFETIME_MS = 3_600_000;

/** What a lifecycle rule does on AWS. Younger work may be another process's. */
function expireWork(lake: string): void {
  const work = join(lake, 'work');
  if (!existsSync(work)) return;
  for (const name of readdirSync(work).filter((entry) =>
    /^(dt=|candidates$|journal$)/.test(entry),
  )) {
    for (const hour of readdirSync(join(work, name))) {
      const folder = join(work, name, hour);
      const idleMs = Date.now() - statSync(folder).mtimeMs;
      if (idleMs > WORK_LIFETIME_MS) rmSync(folder, { recursive: true, force: true });
    }
  }
}
