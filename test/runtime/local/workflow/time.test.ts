import { describe, expect, it } from '@jest/globals';

import { machine, run } from './machine.ts';
import { createJumpingClock, createVirtualClock } from './virtual-clock.ts';

const hang = () => Promise.withResolvers<unknown>().promise;
const timed = (fields: object = {}) =>
  machine({
    Only: { Type: 'Task', Resource: '${Step}', TimeoutSeconds: 10, End: true, ...fields },
  });

describe('on a clock that waits', () => {
  it('a task that hangs is cut off with States.Timeout', async () => {
    const execution = await run(timed(), { tasks: { Step: hang } });

    expect(execution).toMatchObject({
      status: 'FAILED',
      error: 'States.Timeout',
      cause: 'Step ran past its TimeoutSeconds of 10',
    });
    expect(execution.stoppedMs - execution.startedMs).toBe(10_000);
    expect(execution.history.map(({ type }) => type)).toContain('TaskTimedOut');
  });

  it('nobody hears of what a zombie does later', async () => {
    const clock = createVirtualClock();
    const zombies: Promise<unknown>[] = [];
    const late = async () => {
      await clock.sleep(60_000);
      throw new Error('too late to matter');
    };
    const Step = () => {
      const zombie = late();
      zombies.push(zombie);
      return zombie;
    };
    const Catch = [{ ErrorEquals: ['States.Timeout'], Next: 'Saved' }];
    const Saved = { Type: 'Wait', Seconds: 300, Output: 'saved', End: true };
    const definition = timed({ Catch });

    const execution = await run(
      { ...definition, States: { ...definition.States, Saved } },
      { tasks: { Step }, clock },
    );

    expect(execution.output).toBe('saved');
    await expect(zombies[0]).rejects.toThrow('too late');
    expect(execution.history.filter(({ type }) => type.startsWith('Task'))).toHaveLength(2);
  });

  it('a task within its limit is left in peace, and its timer ends with it', async () => {
    const clock = createVirtualClock();
    const Step = async () => {
      await clock.sleep(9999);
      return 'done';
    };

    const execution = await run(timed(), { tasks: { Step }, clock });

    expect(execution.output).toBe('done');
    expect(execution.stoppedMs - execution.startedMs).toBe(9999);
  });

  it('TimeoutSeconds may be computed, and must be a positive integer', async () => {
    const definition = timed({ TimeoutSeconds: '{% $states.input.s %}' });
    const tasks = { Step: hang };

    const execution = await run(definition, { tasks, input: { s: 3 } });
    expect(execution.stoppedMs - execution.startedMs).toBe(3000);
    expect((await run(definition, { tasks, input: { s: 0 } })).cause).toBe(
      'States.Only.TimeoutSeconds: got 0; expected a positive integer',
    );
  });

  it('retries a timed-out task when told so', async () => {
    const Retry = [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 1 }];

    const execution = await run(timed({ Retry }), { tasks: { Step: hang } });

    expect(execution.error).toBe('States.Timeout');
    expect(execution.stoppedMs - execution.startedMs).toBe(21_000);
  });

  it('the execution itself ends at its TimeoutSeconds, whatever hangs', async () => {
    const top = { TimeoutSeconds: 60 };
    const definition = machine({ A: { Type: 'Task', Resource: '${Step}', End: true } }, top);

    const execution = await run(definition, { tasks: { Step: hang } });

    expect(execution).toMatchObject({
      status: 'TIMED_OUT',
      error: 'States.Timeout',
      cause: 'the execution ran past its TimeoutSeconds of 60',
    });
    expect(execution.history.at(-1)?.type).toBe('ExecutionTimedOut');
  });

  it('no Catch holds up the end of an execution, and no state starts after it', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Saved' }];
    const processor = { StartAt: 'In', States: { In: { Type: 'Wait', Seconds: 999, End: true } } };
    const definition = machine(
      {
        All: { Type: 'Map', Items: [1, 2], ItemProcessor: processor, Catch, End: true },
        Saved: { Type: 'Succeed' },
      },
      { TimeoutSeconds: 60 },
    );

    const execution = await run(definition);

    expect(execution.status).toBe('TIMED_OUT');
    expect(execution.stoppedMs - execution.startedMs).toBe(60_000);
    expect(execution.history.map(({ path }) => path)).not.toContain('Saved');
  });
});

describe('on a clock that jumps', () => {
  it('a task has time to run although sleeping takes none', async () => {
    const Step = async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      return 'done';
    };

    const execution = await run(timed(), { tasks: { Step }, clock: createJumpingClock() });

    expect(execution.output).toBe('done');
  });

  it('a task that took too long times out when it settles', async () => {
    const clock = createJumpingClock();
    const Step = () => {
      clock.advance(10_001);
      return Promise.resolve('late');
    };

    expect((await run(timed(), { tasks: { Step }, clock })).error).toBe('States.Timeout');
  });

  it('what other branches sleep meanwhile is not held against a task', async () => {
    const clock = createJumpingClock();
    const Step = async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      return 'done';
    };
    const kind = { Type: 'Choice', Choices: [{ Condition: '{% $states.input %}', Next: 'Work' }] };
    const definition = machine({
      Both: {
        Type: 'Map',
        Items: [true, false],
        ItemProcessor: {
          StartAt: 'Kind',
          States: {
            Kind: { ...kind, Default: 'Sleep' },
            Work: { Type: 'Task', Resource: '${Step}', TimeoutSeconds: 10, End: true },
            Sleep: { Type: 'Wait', Seconds: 3600, Output: 'slept', End: true },
          },
        },
        End: true,
      },
    });

    const execution = await run(definition, { tasks: { Step }, clock });

    expect(execution.output).toEqual(['done', 'slept']);
    expect(execution.stoppedMs - execution.startedMs).toBe(3_600_000);
  });

  it('a loop that polls for ever still ends at the execution’s TimeoutSeconds', async () => {
    const definition = machine(
      {
        Pause: { Type: 'Wait', Seconds: 7, Next: 'Again' },
        Again: { Type: 'Pass', Next: 'Pause' },
      },
      { TimeoutSeconds: 60 },
    );

    const execution = await run(definition, { clock: createJumpingClock() });

    expect(execution.status).toBe('TIMED_OUT');
    expect(execution.stoppedMs - execution.startedMs).toBe(63_000);
  });
});

it('a clock that fails is a fault, not a failed execution', async () => {
  const clock = { now: () => 0, sleep: () => Promise.reject(new Error('no timer')) };
  const definition = machine({ Pause: { Type: 'Wait', Seconds: 7, End: true } });

  await expect(run(definition, { clock })).rejects.toThrow('no timer');
});
