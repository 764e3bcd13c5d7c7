import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HOUR_MS } from '../../domain/instant.ts';
import type { LogQuery, QueryStatus } from '../../handlers/ports.ts';
import { meteringDefinition } from '../../runtime/local/meter.ts';
import { WINDOW_STEPS } from '../../runtime/local/steps.ts';
import { coverage } from '../../runtime/local/workflow/coverage.ts';
import type { HistoryEvent } from '../../runtime/local/workflow/history.ts';
import type { Execution } from '../../runtime/local/workflow/workflow.ts';
import { METERING_STEPS } from '../../workflows/steps.ts';
import type { MeteringStep } from '../../workflows/steps.ts';
import { HOUR, NEXT_WINDOW, NOW, WINDOW, createDeployment } from '../metering/deployment.ts';
import { eventId } from '../metering/deployment.ts';
import type { Deployment, RunOptions } from '../metering/deployment.ts';
import { lint } from './lint.ts';

const LATER = NOW + HOUR_MS;

/** Histories of every run below: together they must reach all there is. */
const histories: (readonly HistoryEvent[])[] = [];

let deployment: Deployment;
beforeEach(async () => {
  deployment = await createDeployment();
});
afterEach(() => {
  deployment.remove();
});

async function run(options: RunOptions = {}): Promise<Execution> {
  const execution = await deployment.run({ nowMs: LATER, ...options });
  histories.push(execution.history);
  return execution;
}

const failure = ({ status, error, cause }: Execution) => ({ status, error, cause });

const sealed = async () => (await deployment.statements()).map(({ window }) => window.start);

describe('the definition', () => {
  it('has nothing that either linter objects to', async () => {
    expect(await lint(meteringDefinition())).toEqual([]);
  });

  it('names every step, and no other, once', () => {
    const text = JSON.stringify(meteringDefinition());
    const named = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, step]) => step);

    expect(named.sort()).toEqual([...METERING_STEPS].sort());
  });

  it('retries what Lambda throws of itself in every task, with jitter', () => {
    const tasks = tasksOf(meteringDefinition());

    expect(tasks).toHaveLength(METERING_STEPS.length);
    for (const { Retry: retriers } of tasks) {
      expect(retriers?.[0]).toMatchObject({
        ErrorEquals: expect.arrayContaining(['Lambda.TooManyRequestsException']),
        ...{ BackoffRate: 2, JitterStrategy: 'FULL' },
      });
    }
  });
});

interface TaskState {
  readonly Type: string;
  readonly Retry?: readonly unknown[];
}

/** Task states of a definition, those inside of maps too. */
function tasksOf(value: unknown): TaskState[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(tasksOf);
  return (value as TaskState).Type === 'Task' ? [value as TaskState, ...inside] : inside;
}

/** 63 calls of one window, 30 of them at one instant, and 3 of the next: every run reads these. */
async function writeCalls(into: Deployment): Promise<void> {
  await into.calls(12, (n) => ({ admitted_ms: HOUR + n * 250_000 }));
  await into.calls(20, (n) => ({ admitted_ms: HOUR + 1_800_000 + n * 2_000, tenant: 'tn_b' }));
  await into.calls(31, () => ({ admitted_ms: HOUR + 2_400_000, output: 7 }));
  await into.calls(3, (n) => ({ admitted_ms: HOUR + HOUR_MS + n }));
}

/** How the nth question ends, whatever it asks. */
const fates =
  (...ends: readonly QueryStatus[]) =>
  (question: number): QueryStatus =>
    ends[question] ?? 'Complete';

/** Every step fails as Lambda does before it works. */
const failingOnce: RunOptions['steps'] = (steps) =>
  Object.fromEntries(
    METERING_STEPS.map((step) => {
      const failed = new Set<string>();
      const work = (input: unknown) => {
        // The seal is told which attempt it is: that alone makes no other input.
        const text = JSON.stringify({ ...(input as object), attempt: null });
        if (failed.has(text)) return steps[step](input);
        failed.add(text);
        return Promise.reject(named('Lambda.TooManyRequestsException', 'Rate exceeded'));
      };
      return [step, work];
    }),
  );

/** Every step is done twice, as when the answer to the first time got lost. */
const doneTwice: RunOptions['steps'] = (steps) =>
  Object.fromEntries(
    METERING_STEPS.map((step) => [
      step,
      async (input: unknown) => {
        await steps[step](input);
        return steps[step](input);
      },
    ]),
  );

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** The pages of every third question lack their last row, as texts and as bytes. */
function losesRows(logs: LogQuery): LogQuery {
  const spoilt = new Set<string>();
  let questions = 0;
  const { packedPage } = logs;
  return {
    ...logs,
    start: async (question) => {
      const id = await logs.start(question);
      if (question.kind === 'lines' && questions++ % 3 === 0) spoilt.add(id);
      return id;
    },
    page: async (id, token) => {
      const page = await logs.page(id, token);
      return spoilt.has(id) ? { ...page, rows: page.rows.slice(0, -1) } : page;
    },
    ...(packedPage && {
      packedPage: async (id, token) => {
        const page = await packedPage(id, token);
        if (!spoilt.has(id)) return page;
        const lines = page.lines.slice(0, -1);
        const last = page.lines.slice(-1).map((part) => ({ ...part, count: part.count - 1 }));
        return { ...page, lines: [...lines, ...last], places: page.places.slice(0, -1) };
      },
    }),
  };
}

/** A log that gives texts only, as CloudWatch does. */
function givesTexts(logs: LogQuery): LogQuery {
  const { packedPage: _, ...texts } = logs;
  return texts;
}

describe('whatever the log and the machines do, a run that ends well', () => {
  let expected: Record<string, string> = {};
  beforeAll(async () => {
    const plain = await createDeployment();
    try {
      await writeCalls(plain);
      await plain.meter({ nowMs: LATER });
      expected = plain.dataFiles();
    } finally {
      plain.remove();
    }
  });

  it.each<[string, RunOptions]>([
    ['in the plainest case', {}],
    ['when answers are of ten rows and pages of three', { settings: rows(10, 3) }],
    ['when answers are of three rows and pages of one', { settings: rows(3, 1) }],
    ['when answers are Running for long', { settings: { logs: { runningPolls: 7 } } }],
    ['when questions are throttled', { settings: { logs: { openQueries: 1, runningPolls: 1 } } }],
    [
      'when questions fail, time out or end nobody knows how',
      {
        settings: {
          logs: {
            rowLimit: 30,
            fate: fates(
              ...(['Failed', 'Complete', 'Timeout', 'Complete', 'Unknown', 'Complete'] as const),
              ...(['Cancelled', 'Complete', 'Failed', 'Failed', 'Complete', 'Timeout'] as const),
            ),
          },
        },
      },
    ],
    ['when lines come as texts', { ports: ({ logs }) => ({ logs: givesTexts(logs) }) }],
    ['when pages lack rows', { ports: ({ logs }) => ({ logs: losesRows(logs) }) }],
    [
      'when pages of texts lack rows',
      { ports: ({ logs }) => ({ logs: losesRows(givesTexts(logs)) }) },
    ],
    ['when every step fails once', { steps: failingOnce }],
    ['when every step is done twice', { steps: doneTwice }],
  ])('leaves the same paths and bytes: %s', async (_, options) => {
    await writeCalls(deployment);

    const { status } = await run(options);

    expect(status).toBe('SUCCEEDED');
    expect(deployment.dataFiles()).toEqual(expected);
    expect(await sealed()).toEqual([WINDOW, NEXT_WINDOW]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('has cut a full minute into seconds and a full second by the ids’ random digits', async () => {
    await writeCalls(deployment);

    await run({ settings: rows(3, 1) });

    const [first] = await deployment.manifests();
    const spans = first!.evidence.queries.map(
      ({ start, end }) => (Date.parse(end) - Date.parse(start)) / 1000,
    );
    // 31 lines of one second: by one digit, and the fuller shares by two.
    const full = first!.evidence.queries.filter(
      ({ start, end }) => start === '2026-01-31T20:40:00.000Z' && end === start,
    );
    expect(full.length).toBeGreaterThan(16);
    expect(spans.some((seconds) => seconds > 60)).toBe(true);
    expect(full.reduce((sum, { matched }) => sum + matched, 0)).toBe(31);
    expect(full.every(({ matched }) => matched < 3)).toBe(true);
  });
});

function rows(rowLimit: number, pageRows: number) {
  return { logs: { rowLimit, pageRows } };
}

describe('a run without work', () => {
  it('ends well and says so', async () => {
    const execution = await run();

    expect(execution.status).toBe('SUCCEEDED');
    expect(execution.output).toMatchObject({ planned: 0, more: false, late: 0, manifests: 0 });
  });

  it('posts what came late', async () => {
    await deployment.call();
    const tardy = await deployment.admit(deployment.event(), { leaseMs: HOUR });
    await run();
    deployment.log(deployment.line(tardy), tardy.settled_ms);

    expect((await run()).output).toMatchObject({ planned: 0, late: 1, manifests: 1 });
    expect((await run({ nowMs: LATER + HOUR_MS })).output).toMatchObject({ planned: 1, late: 0 });
    expect(await deployment.ask('SELECT kind FROM usage ORDER BY kind')).toEqual([
      { kind: 'call' },
      { kind: 'late' },
    ]);
  });

  it('fails before anything is sealed if nobody ever published a price book', async () => {
    const bare = await createDeployment({ book: null });
    try {
      const execution = await bare.run();
      histories.push(execution.history);
      expect(failure(execution)).toEqual({
        status: 'FAILED',
        error: 'PriceBookMissing',
        cause: 'price book: none is published',
      });
    } finally {
      bare.remove();
    }
  });
});

describe('a question that never gets its answer', () => {
  it.each<[string, readonly QueryStatus[], string]>([
    // Questions of a run over one window: hours, minutes, then the lines of its slices.
    ['the count', ['Complete', 'Failed', 'Timeout', 'Unknown'], 'count of journal-3: Unknown'],
    [
      'a slice',
      ['Complete', 'Complete', 'Failed', 'Cancelled', 'Timeout'],
      'slice of journal-4: Timeout',
    ],
  ])('fails the window after the third time, by name: %s', async (_, ends, said) => {
    await deployment.call();

    const execution = await run({ settings: { logs: { fate: fates(...ends) } } });

    expect(failure(execution)).toEqual({
      ...{ status: 'FAILED', error: 'WindowDoesNotTie' },
      cause: `window ${WINDOW}: LogQueryFailed: ${said}`,
    });
    expect(await sealed()).toEqual([]);
    expect((await run()).status).toBe('SUCCEEDED');
  });

  it('fails the plan when the hours are not answered in seven tries', async () => {
    const fate = () => 'Failed' as const;

    expect(failure(await run({ settings: { logs: { fate } } }))).toMatchObject({
      ...{ status: 'FAILED', error: 'LogQueryFailed', cause: 'log query journal-6: Failed' },
    });
  });

  it('fails the window that holds more lines of one call than one answer', async () => {
    // Attempts share their id, and so its random digits.
    const id = eventId(HOUR, 1);
    await deployment.calls(3, (n) => ({ id, attempt: n + 1, admitted_ms: HOUR }));

    const execution = await run({ settings: rows(3, 3) });

    const digits = id.slice(15, 18);
    expect(failure(execution)).toEqual({
      ...{ status: 'FAILED', error: 'WindowDoesNotTie' },
      cause:
        `window ${WINDOW}: SliceTooFull: lines of second ${HOUR / 1000}, ids ${digits}: ` +
        'more than one question returns, nothing finer is left',
    });
  });
});

describe('a step that fails', () => {
  const broken =
    (step: MeteringStep): NonNullable<RunOptions['steps']> =>
    () => ({ [step]: () => Promise.reject(named('DiskFull', `no room for ${step}`)) });

  it.each([...WINDOW_STEPS])('fails its window by name and cause: %s', async (step) => {
    await deployment.call();

    const execution = await run({ steps: broken(step) });

    expect(failure(execution)).toEqual({
      ...{ status: 'FAILED', error: 'WindowDoesNotTie' },
      cause: `window ${WINDOW}: DiskFull: no room for ${step}`,
    });
    expect(execution.history.some(({ path }) => path === 'Summarise')).toBe(true);
    expect(await sealed()).toEqual([]);
  });

  it('is not sealed even by force: there is nothing to seal', async () => {
    await deployment.call();
    const force = { window: WINDOW, reason: 'haste', by: 'A. Auditor' };

    const { error } = await run({ steps: broken('RateWindow'), force });

    expect(error).toBe('WindowDoesNotTie');
    expect(await sealed()).toEqual([]);
  });

  it.each<[MeteringStep, number]>([
    ['PlanWindows', 0],
    ['SweepReservations', 0],
    ['SealWindow', 0],
    ['PublishWindow', 1],
    ['SweepLate', 1],
    ['Summarise', 1],
  ])('fails the run: %s; what was sealed before stays sealed', async (step, before) => {
    await deployment.call();

    const execution = await run({ steps: broken(step) });

    expect(failure(execution)).toEqual({
      ...{ status: 'FAILED', error: 'DiskFull', cause: `no room for ${step}` },
    });
    expect(await sealed()).toHaveLength(before);
    expect((await run()).status).toBe('SUCCEEDED');
    expect(await sealed()).toHaveLength(1);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('does not keep other windows from being read, nor earlier ones from being sealed', async () => {
    await deployment.call();
    await deployment.call({ admitted_ms: HOUR + HOUR_MS });

    const execution = await run({
      steps: ({ RateWindow }) => ({
        RateWindow: (input) =>
          (input as { start: string }).start === NEXT_WINDOW
            ? Promise.reject(new Error('poison'))
            : RateWindow(input),
      }),
    });

    expect(execution.cause).toBe(`window ${NEXT_WINDOW}: Error: poison`);
    expect(await sealed()).toEqual([WINDOW]);
  });
});

describe('a window that does not tie', () => {
  it('fails the run after the late lines and the summary', async () => {
    await deployment.admit(deployment.event(), { leaseMs: LATER });

    const execution = await run();

    expect(failure(execution)).toEqual({
      ...{ status: 'FAILED', error: 'WindowDoesNotTie' },
      cause: `window ${WINDOW}: C1.open: reservations still open: 0 against 1`,
    });
    const entered = execution.history.filter(({ type }) => type === 'StateEntered');
    expect(entered.slice(-4).map(({ path }) => path)).toEqual([
      ...['SweepLate', 'Summarise', 'HasFailed', 'MeteringFailed'],
    ]);
  });

  it('is sealed when its force names it, and no other window is', async () => {
    await deployment.admit(deployment.event(), { leaseMs: LATER });
    await deployment.admit(deployment.event({ admitted_ms: HOUR + HOUR_MS }), { leaseMs: LATER });
    const force = { window: WINDOW, reason: 'gateway lost', by: 'A. Auditor' };

    const execution = await run({ force });

    expect(execution.cause).toMatch(`window ${NEXT_WINDOW}: C1.open`);
    expect((await deployment.manifests()).map(({ kind }) => kind)).toEqual(['force']);
  });
});

it('the runs above have reached every state, every branch and every catch', () => {
  expect(coverage(meteringDefinition(), histories)).toEqual([]);
});
