import { describe, expect, it } from '@jest/globals';

import { createWorkflow } from '../../../../runtime/local/workflow/workflow.ts';
import { machine, outputOf, run } from './machine.ts';
import { createVirtualClock, START_MS } from './virtual-clock.ts';

const task = { Type: 'Task', Resource: '${Step}', End: true };

describe('Pass', () => {
  it('gives its input on when it has no Output', async () => {
    const definition = machine({ A: { Type: 'Pass', End: true } });

    expect(await outputOf(definition, { input: { a: [1, null] } })).toEqual({ a: [1, null] });
  });

  it('builds its Output from literals and expressions at any depth', async () => {
    const Output = { n: 1, list: ['{% $states.input.a %}', 'plain', { deep: '{% 1 + 1 %}' }] };
    const definition = machine({ A: { Type: 'Pass', Comment: 'why', Output, End: true } });

    const output = await outputOf(definition, { input: { a: 'x' } });

    expect(output).toEqual({ n: 1, list: ['x', 'plain', { deep: 2 }] });
  });

  it('keeps a key named __proto__ a key', async () => {
    const Output = JSON.parse('{"__proto__": "{% 1 %}"}') as unknown;
    const output = await outputOf(machine({ A: { Type: 'Pass', Output, End: true } }));

    expect(JSON.stringify(output)).toBe('{"__proto__":1}');
  });
});

describe('variables', () => {
  it('are seen by later states, while Output and Assign of one state see the old ones', async () => {
    const definition = machine({
      First: { Type: 'Pass', Assign: { a: 1, b: 2 }, Next: 'Swap' },
      Swap: {
        Type: 'Pass',
        Assign: { a: '{% $b %}', b: '{% $a %}' },
        Output: '{% [$a, $b] %}',
        Next: 'Last',
      },
      Last: { Type: 'Succeed', Output: { before: '{% $states.input %}', now: '{% [$a, $b] %}' } },
    });

    expect(await outputOf(definition)).toEqual({ before: [1, 2], now: [2, 1] });
  });

  it('fail the execution when read before any state has assigned them', async () => {
    const definition = machine({
      Read: { Type: 'Pass', Output: '{% $late %}', Next: 'Set' },
      Set: { Type: 'Pass', Assign: { late: 1 }, End: true },
    });

    expect(await run(definition)).toMatchObject({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: 'States.Read.Output: "$late" yielded nothing; expected a value',
    });
  });
});

describe('Choice', () => {
  const definition = machine({
    Pick: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $states.input.n > 9 %}', Next: 'Done', Output: 'big' },
        { Condition: '{% $states.input.n > 4 %}', Next: 'Done', Assign: { size: 'middle' } },
      ],
      Default: 'Done',
      Assign: { size: 'small' },
      Output: { was: '{% $states.input.n %}' },
    },
    Done: { Type: 'Succeed', Output: ['{% $states.input %}', '{% $exists($size) %}'] },
  });

  it.each([
    [10, ['big', false], 0],
    [5, [{ n: 5 }, true], 1],
    [4, [{ was: 4 }, true], 'Default'],
  ])('takes the first rule that holds, or Default, for %p', async (n, output, rule) => {
    const execution = await run(definition, { input: { n } });

    expect(execution.output).toEqual(output);
    const taken = execution.history.find(({ type }) => type === 'ChoiceTaken');
    expect(taken).toMatchObject({ path: 'Pick', details: { rule, next: 'Done' } });
  });

  it('fails with States.NoChoiceMatched without a rule that holds and a Default', async () => {
    const rule = { Condition: '{% false %}', Next: 'Done' };
    const bare = machine({ Pick: { Type: 'Choice', Choices: [rule] }, Done: { Type: 'Succeed' } });

    expect((await run(bare)).error).toBe('States.NoChoiceMatched');
  });

  it('takes nothing but true and false for an answer', async () => {
    const rule = { Condition: '{% $states.input.n %}', Next: 'Done' };
    const odd = machine({ Pick: { Type: 'Choice', Choices: [rule] }, Done: { Type: 'Succeed' } });

    const execution = await run(odd, { input: { n: 1 } });

    expect(execution.error).toBe('States.QueryEvaluationError');
    expect(execution.cause).toBe('States.Pick.Choices[0].Condition: got 1; expected true or false');
  });
});

describe('Wait', () => {
  it.each([30, '{% $states.input.s * 2 %}'])(
    'waits the Seconds %p on the clock',
    async (Seconds) => {
      const definition = machine({ Pause: { Type: 'Wait', Seconds, Assign: { a: 1 }, End: true } });

      const execution = await run(definition, { input: { s: 15 } });

      expect(execution.startedMs).toBe(START_MS);
      expect(execution.stoppedMs - execution.startedMs).toBe(30_000);
    },
  );

  it.each([-1, 1.5, '"x"', 100_000_000])('refuses to wait for %p', async (seconds) => {
    const definition = machine({ P: { Type: 'Wait', Seconds: `{% ${seconds} %}`, End: true } });

    expect((await run(definition)).cause).toMatch(/Seconds: got .*expected an integer of 0 to/);
  });
});

describe('Succeed and Fail', () => {
  it('ends with an error whose name and cause may be computed', async () => {
    const definition = machine({
      Stop: { Type: 'Fail', Error: 'Tied.Not', Cause: '{% "window " & $states.input.w %}' },
    });

    const execution = await run(definition, { input: { w: 7 } });

    expect(execution).toMatchObject({ status: 'FAILED', error: 'Tied.Not', cause: 'window 7' });
    expect(execution).not.toHaveProperty('output');
  });

  it('has an empty error when it names none, and accepts only text', async () => {
    expect(await run(machine({ Stop: { Type: 'Fail' } }))).toMatchObject({ error: '', cause: '' });
    const odd = machine({ Stop: { Type: 'Fail', Error: '{% 1 %}' } });
    expect((await run(odd)).cause).toBe('States.Stop.Error: got 1; expected a string');
  });

  it('succeeds with what Output says', async () => {
    const definition = machine({ Done: { Type: 'Succeed', Output: '{% $states.input.a %}' } });

    expect(await outputOf(definition, { input: { a: [3] } })).toEqual([3]);
  });
});

describe('Task', () => {
  it('hands over Arguments and its context, and gives on the result', async () => {
    const calls: unknown[] = [];
    const definition = machine({
      Only: {
        ...task,
        Arguments: { w: '{% $states.input.w %}' },
        Assign: { r: '{% $states.result %}' },
      },
    });
    const Step = (...call: unknown[]) => {
      calls.push(call);
      return Promise.resolve({ ok: true });
    };

    expect(await outputOf(definition, { tasks: { Step }, input: { w: 7 } })).toEqual({ ok: true });
    const context = { execution: 'test-run', path: 'Only', step: 'Step', retryCount: 0 };
    expect(calls).toEqual([[{ w: 7 }, context]]);
  });

  it('hands over its input when it has no Arguments; a result of nothing is null', async () => {
    const inputs: unknown[] = [];
    const Step = (input: unknown) => {
      inputs.push(input);
      return Promise.resolve(undefined);
    };

    expect(await outputOf(machine({ Only: task }), { tasks: { Step }, input: [1] })).toBeNull();
    expect(inputs).toEqual([[1]]);
  });

  it('shares no object with a task', async () => {
    const kept: { list: number[] }[] = [];
    const Step = (input: unknown) => {
      const own = input as { list: number[] };
      own.list.push(2);
      kept.push(own);
      return Promise.resolve(own);
    };
    const definition = machine({
      One: {
        Type: 'Task',
        Resource: '${Step}',
        Output: '{% $states.result %}',
        Assign: { seen: '{% $states.input %}' },
        Next: 'Two',
      },
      Two: { Type: 'Pass', Output: ['{% $seen %}', '{% $states.input %}'], End: true },
    });

    const output = await outputOf(definition, { tasks: { Step }, input: { list: [1] } });
    kept[0]?.list.push(3);

    expect(output).toEqual([{ list: [1] }, { list: [1, 2] }]);
  });

  it.each([
    ['a bigint', { n: 1n }, 'the result of Step.n is a bigint; expected JSON'],
    ['undefined in an array', [1, undefined], 'the result of Step[1] is undefined; expected JSON'],
    ['a hole in an array', Array(1), 'the result of Step[0] is undefined; expected JSON'],
    ['a Map', { m: new Map() }, 'the result of Step.m is an instance of Map; expected JSON'],
    ['a Date', new Date(0), 'the result of Step is an instance of Date; expected JSON'],
    ['not a number', [NaN], 'the result of Step[0] is NaN; JSON has finite numbers only'],
    ['a function', { f: () => 1 }, 'the result of Step.f is a function; expected JSON'],
  ])('fails with States.Runtime on %s, whatever Catch says', async (_, result, cause) => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Saved' }];
    const definition = machine({ Only: { ...task, Catch }, Saved: { Type: 'Succeed' } });

    const execution = await run(definition, { tasks: { Step: () => Promise.resolve(result) } });

    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.Runtime', cause });
  });

  it('refuses a result that contains itself', async () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;

    const execution = await run(machine({ A: task }), {
      tasks: { Step: () => Promise.resolve(loop) },
    });

    expect(execution.cause).toBe('the result of Step.self contains itself; expected JSON');
  });
});

describe('start', () => {
  const definition = machine({ A: { Type: 'Pass', End: true } });

  it('fails the execution when its input is not JSON', async () => {
    expect(await run(definition, { input: { n: 1n } })).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'the input of the execution.n is a bigint; expected JSON',
    });
  });

  it.each(['', 'a b', 'a/b', 'x'.repeat(81), 'a:b'])('refuses the name %p', (name) => {
    const clock = createVirtualClock();
    const workflow = createWorkflow({ definition, tasks: {}, clock, random: () => 0 });
    expect(() => workflow.start({}, name)).toThrow(/execution name: got .* expected 1 to 80/);
  });

  it('rejects when the fault is not the workflow’s', async () => {
    const onEvent = () => {
      throw new Error('disk full');
    };

    await expect(run(definition, { onEvent })).rejects.toThrow('disk full');
  });
});
