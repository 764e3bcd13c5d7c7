import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { matchesError, retryDelayMs } from '../../../../runtime/local/workflow/retry.ts';
import { failing, machine, namedError, outputOf, run } from './machine.ts';

const task = { Type: 'Task', Resource: '${Step}', End: true };
const retry = (fields: object) => ({ ErrorEquals: ['Throttled'], ...fields });
const retried = (...Retry: object[]) => machine({ Only: { ...task, Retry } });

describe('Retry', () => {
  it('waits 1, 2 and 4 seconds by default, then gives up', async () => {
    const Step = failing('Throttled', 'Throttled', 'Throttled', 'Throttled');

    const execution = await run(retried(retry({})), { tasks: { Step } });

    expect(execution).toMatchObject({ status: 'FAILED', error: 'Throttled', cause: 'because' });
    expect(execution.stoppedMs - execution.startedMs).toBe(7000);
  });

  it('succeeds once an attempt does, and counts the attempts', async () => {
    const definition = machine({
      Only: {
        ...task,
        Arguments: '{% $states.context.State.RetryCount %}',
        Retry: [retry({ IntervalSeconds: 5, BackoffRate: 3, MaxAttempts: 2 })],
      },
    });

    const Step = failing('Throttled', 'Throttled');
    const execution = await run(definition, { tasks: { Step } });

    expect(execution.output).toBe(2);
    const delays = execution.history.filter(({ type }) => type === 'TaskRetried');
    expect(delays.map(({ details }) => details)).toEqual([
      { retrier: 0, attempt: 1, delayMs: 5000, error: 'Throttled', cause: 'because' },
      { retrier: 0, attempt: 2, delayMs: 15_000, error: 'Throttled', cause: 'because' },
    ]);
  });

  it('caps the delay at MaxDelaySeconds and draws full jitter from random', async () => {
    const fields = { IntervalSeconds: 8, MaxDelaySeconds: 10, JitterStrategy: 'FULL' };
    const draws = [0.25, 0.5];

    const execution = await run(retried(retry(fields)), {
      tasks: { Step: failing('Throttled', 'Throttled') },
      random: () => draws.shift() ?? 0,
    });

    expect(execution.stoppedMs - execution.startedMs).toBe(2000 + 5000);
  });

  it('counts each retrier on its own and leaves other errors alone', async () => {
    const definition = retried(retry({ MaxAttempts: 1 }), {
      ErrorEquals: ['Busy'],
      MaxAttempts: 1,
    });

    const mixed = await run(definition, { tasks: { Step: failing('Throttled', 'Busy') } });
    expect(mixed.status).toBe('SUCCEEDED');
    const other = await run(definition, { tasks: { Step: failing('Throttled', 'Other') } });
    expect(other).toMatchObject({ error: 'Other' });
    expect(other.stoppedMs - other.startedMs).toBe(1000);
  });

  it('tries no more with MaxAttempts 0', async () => {
    const definition = retried(retry({ MaxAttempts: 0 }), { ErrorEquals: ['States.ALL'] });

    const execution = await run(definition, { tasks: { Step: failing('Throttled') } });

    expect(execution.stoppedMs).toBe(execution.startedMs);
    expect(execution.status).toBe('FAILED');
  });

  it('also tries again when an expression of the state failed', async () => {
    const definition = machine({
      Only: {
        ...task,
        Output: '{% $states.result.n + 1 %}',
        Retry: [{ ErrorEquals: ['States.QueryEvaluationError'] }],
      },
    });
    const results = [{ n: 'x' }, { n: 1 }];

    const output = await outputOf(definition, {
      tasks: { Step: () => Promise.resolve(results.shift()) },
    });

    expect(output).toBe(2);
  });

  it('never waits less than nothing or more than the backoff allows', () => {
    const retriers = fc.record({
      errorEquals: fc.constant(['Throttled']),
      intervalSeconds: fc.integer({ min: 1, max: 600 }),
      maxAttempts: fc.integer({ min: 1, max: 20 }),
      backoffRate: fc.double({ min: 1, max: 10, noNaN: true }),
      maxDelaySeconds: fc.oneof(fc.integer({ min: 601, max: 9999 }), fc.constant(Infinity)),
      jitter: fc.constantFrom('FULL' as const, 'NONE' as const),
    });
    const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(retriers, fc.integer({ min: 1, max: 20 }), draw, (retrier, attempt, drawn) => {
        const delay = retryDelayMs(retrier, attempt, () => drawn);
        const full = retryDelayMs({ ...retrier, jitter: 'NONE' }, attempt, () => drawn);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(full);
        expect(full).toBeGreaterThanOrEqual(retrier.intervalSeconds * 1000);
        expect(full).toBeLessThanOrEqual(retrier.maxDelaySeconds * 1000);
        if (retrier.jitter === 'NONE') expect(delay).toBe(full);
      }),
    );
  });
});

describe('Catch', () => {
  it('goes on with the error as output and keeps nothing of the state’s own Output', async () => {
    const definition = machine({
      Only: {
        ...task,
        Output: 'never',
        Assign: { lost: 1 },
        Catch: [
          { ErrorEquals: ['Busy'], Next: 'Other' },
          { ErrorEquals: ['States.ALL'], Next: 'Saved' },
        ],
      },
      Saved: { Type: 'Succeed', Output: ['{% $states.input %}', '{% $exists($lost) %}'] },
      Other: { Type: 'Fail' },
    });

    const execution = await run(definition, { tasks: { Step: failing('Broken') } });

    expect(execution.output).toEqual([{ Error: 'Broken', Cause: 'because' }, false]);
    expect(execution.history.find(({ type }) => type === 'CatchTaken')).toMatchObject({
      path: 'Only',
      details: { catcher: 1, error: 'Broken', cause: 'because' },
    });
  });

  it('has Output and Assign of its own, which see the error and the input', async () => {
    const caught = {
      ErrorEquals: ['States.TaskFailed'],
      Assign: { why: '{% $states.errorOutput.Cause %}' },
      Output: '{% $states.input.w & ":" & $states.errorOutput.Error %}',
      Next: 'Saved',
    };
    const definition = machine({
      Only: { ...task, Catch: [caught] },
      Saved: { Type: 'Succeed', Output: '{% $states.input & ":" & $why %}' },
    });

    const output = await outputOf(definition, { tasks: { Step: failing('E') }, input: { w: 7 } });

    expect(output).toBe('7:E:because');
  });

  it('comes after the retries', async () => {
    const definition = machine({
      Only: {
        ...task,
        Retry: [retry({ MaxAttempts: 2 })],
        Catch: [{ ErrorEquals: ['Throttled'], Next: 'Saved' }],
      },
      Saved: { Type: 'Succeed', Output: 'saved' },
    });

    const execution = await run(definition, {
      tasks: { Step: () => Promise.reject(namedError('Throttled')) },
    });

    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: 'saved' });
    expect(execution.history.filter(({ type }) => type === 'TaskFailed')).toHaveLength(3);
  });

  it.each([
    ['text', 'text'],
    [{ name: 'Odd' }, 'undefined'],
    [42, '42'],
  ])('takes whatever a task throws: %p', async (thrown, cause) => {
    const Step = () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- the point of the test
      throw thrown;
    };

    const execution = await run(machine({ Only: task }), { tasks: { Step } });

    const error = typeof thrown === 'object' ? thrown.name : 'Error';
    expect(execution).toMatchObject({ status: 'FAILED', error, cause });
  });
});

describe('an ErrorEquals list', () => {
  it.each([
    ['Busy', 'Busy', true],
    ['Busy', 'busy', false],
    ['States.TaskFailed', 'Busy', true],
    ['States.TaskFailed', 'States.QueryEvaluationError', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.TaskFailed', 'States.DataLimitExceeded', false],
    ['States.TaskFailed', 'States.Runtime', false],
    ['States.Timeout', 'States.Timeout', true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.NoChoiceMatched', true],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.ALL', 'States.Runtime', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
  ])('with %s against %s: %p', (name, error, expected) => {
    expect(matchesError(['Never', name], error)).toBe(expected);
  });
});
