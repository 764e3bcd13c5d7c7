import { describe, expect, it } from '@jest/globals';

import { machine, namedError, outputOf, run } from './machine.ts';
import { createVirtualClock } from './virtual-clock.ts';

const work = { Type: 'Task', Resource: '${Work}', End: true };
const processor = (States: Record<string, unknown>, more: object = {}) => ({
  ItemProcessor: {
    ProcessorConfig: { Mode: 'INLINE' },
    StartAt: Object.keys(States)[0],
    States,
    ...more,
  },
});
const distributed = { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };
const map = (fields: object) => ({
  Type: 'Map',
  Items: '{% $states.input %}',
  End: true,
  ...fields,
});
const echo = (input: unknown) => Promise.resolve(input);

describe('Map', () => {
  it('gives the results in the order of the items, however long each takes', async () => {
    const clock = createVirtualClock();
    const Work = async (input: unknown) => {
      await clock.sleep(1000 - (input as number));
      return input;
    };
    const definition = machine({ All: map(processor({ Work: work })) });

    const output = await outputOf(definition, { tasks: { Work }, clock, input: [1, 900, 500] });

    expect(output).toEqual([1, 900, 500]);
  });

  it('gives an empty list for no items, and a list of one for one', async () => {
    const definition = machine({ All: map(processor({ Work: work })) });

    expect(await outputOf(definition, { tasks: { Work: echo }, input: [] })).toEqual([]);
    expect(await outputOf(definition, { tasks: { Work: echo }, input: [[7]] })).toEqual([[7]]);
  });

  it('refuses items that are no array, such as a sequence of one that JSONata unwrapped', async () => {
    const unwrapped = machine({
      All: map({
        Items: '{% $states.input[$ > 1] %}',
        ...processor({ A: { Type: 'Pass', End: true } }),
      }),
    });
    const wrapped = machine({
      All: map({
        Items: '{% [$states.input[$ > 1]] %}',
        ...processor({ B: { Type: 'Pass', End: true } }),
      }),
    });

    expect((await run(unwrapped, { input: [1, 2] })).cause).toBe(
      'States.All.Items: got 2; expected an array, as in [$map(…)]',
    );
    expect(await outputOf(wrapped, { input: [1, 2] })).toEqual([2]);
  });

  it('selects what each item’s states get, with index, value and outer variables', async () => {
    const ItemSelector = {
      i: '{% $states.context.Map.Item.Index %}',
      v: '{% $states.context.Map.Item.Value %}',
      all: '{% $count($states.input) %}',
      run: '{% $run %}',
    };
    const definition = machine({
      Set: { Type: 'Pass', Assign: { run: 'r1' }, Next: 'All' },
      All: map({ ItemSelector, ...processor({ Work: work }) }),
    });

    const output = await outputOf(definition, { tasks: { Work: echo }, input: ['a', 'b'] });

    expect(output).toEqual([
      { i: 0, v: 'a', all: 2, run: 'r1' },
      { i: 1, v: 'b', all: 2, run: 'r1' },
    ]);
  });

  it('lets inline items read outer variables and keeps their own apart', async () => {
    const definition = machine({
      Set: { Type: 'Pass', Assign: { base: 100 }, Next: 'All' },
      All: map({
        ...processor({
          Add: { Type: 'Pass', Assign: { own: '{% $states.input + $base %}' }, Next: 'Pause' },
          Pause: { Type: 'Wait', Seconds: 1, Next: 'Show' },
          Show: {
            Type: 'Pass',
            Output: ['{% $own %}', '{% $states.context.Map.Item.Index %}'],
            End: true,
          },
        }),
        Assign: { sums: '{% $states.result %}' },
      }),
    });

    expect(await outputOf(definition, { input: [1, 2] })).toEqual([
      [101, 0],
      [102, 1],
    ]);
  });

  it('nests, each inner map with its own item', async () => {
    const inner = map({
      Items: '{% $states.input.inner %}',
      ...processor({
        Leaf: { Type: 'Pass', Output: '{% $states.context.Map.Item.Value %}', End: true },
      }),
    });
    const definition = machine({ All: map(processor({ Inner: inner })) });

    const execution = await run(definition, { input: [{ inner: [1, 2] }, { inner: [3] }] });

    expect(execution.output).toEqual([[1, 2], [3]]);
    expect(execution.history.map(({ path }) => path)).toContain('All[0]/Inner[1]/Leaf');
  });

  it.each([
    [3, 3],
    [0, 40],
    ['{% 1 + 1 %}', 2],
    [1000, 40],
  ])('runs at most MaxConcurrency items at once: %p means %p', async (MaxConcurrency, most) => {
    const clock = createVirtualClock();
    let running = 0;
    let peak = 0;
    const Work = async () => {
      peak = Math.max(peak, ++running);
      await clock.sleep(10);
      running--;
    };
    const definition = machine({ All: map({ MaxConcurrency, ...processor({ Work: work }) }) });

    await outputOf(definition, {
      tasks: { Work },
      clock,
      input: Array.from({ length: 60 }, () => 0),
    });

    expect(peak).toBe(most);
  });

  it('refuses a MaxConcurrency that is no count', async () => {
    const fields = { MaxConcurrency: '{% -1 %}', ...processor({ A: { Type: 'Pass', End: true } }) };

    expect((await run(machine({ All: map(fields) }), { input: [] })).cause).toBe(
      'States.All.MaxConcurrency: got -1; expected an integer of at least 0',
    );
  });
});

describe('a failing item', () => {
  const definition = machine({
    All: map({
      ...processor({
        Work: { Type: 'Task', Resource: '${Work}', Next: 'After' },
        After: { Type: 'Pass', End: true },
      }),
      MaxConcurrency: 2,
    }),
  });

  it('fails the map; tasks under way settle, no further state or item starts', async () => {
    const clock = createVirtualClock();
    const settled: unknown[] = [];
    const Work = async (input: unknown) => {
      if (input === 'bad') throw namedError('Broken', 'item 0');
      await clock.sleep(5000);
      settled.push(input);
    };

    const execution = await run(definition, {
      tasks: { Work },
      clock,
      input: ['bad', 'slow', 'never'],
    });

    expect(execution).toMatchObject({ status: 'FAILED', error: 'Broken', cause: 'item 0' });
    expect(settled).toEqual(['slow']);
    const entered = execution.history.filter(({ type }) => type === 'StateEntered');
    expect(entered.map(({ path }) => path)).toEqual(['All', 'All[0]/Work', 'All[1]/Work']);
    const ends = execution.history.filter(({ type }) => type.startsWith('MapIteration'));
    expect(ends.map(({ type, path }) => `${type} ${path}`)).toEqual([
      'MapIterationStarted All[0]',
      'MapIterationStarted All[1]',
      'MapIterationFailed All[0]',
      'MapIterationStopped All[1]',
    ]);
  });

  it('wakes siblings that only wait', async () => {
    const kind = { Type: 'Choice', Choices: [{ Condition: '{% $states.input %}', Next: 'Stop' }] };
    const waiting = machine({
      All: map(
        processor({
          Kind: { ...kind, Default: 'Sleep' },
          Stop: { Type: 'Fail', Error: 'Tied.Not' },
          Sleep: { Type: 'Wait', Seconds: 86_400, End: true },
        }),
      ),
    });

    const execution = await run(waiting, { input: [false, true] });

    expect(execution.error).toBe('Tied.Not');
    expect(execution.stoppedMs).toBe(execution.startedMs);
  });

  it('is the map’s to retry and to catch', async () => {
    let calls = 0;
    const Work = () => (++calls < 4 ? Promise.reject(namedError('Busy')) : Promise.resolve(calls));
    const fields = {
      ...processor({ Work: work }),
      MaxConcurrency: 1,
      Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 1 }],
      Catch: [{ ErrorEquals: ['Busy'], Assign: { n: 1 }, Next: 'All2' }],
    };
    const again = map({ ...processor({ Work2: work }), Items: [1], Retry: fields.Retry });
    const execution = await run(machine({ All: map(fields), All2: again }), {
      tasks: { Work },
      input: [1, 2],
    });

    expect(execution.output).toEqual([4]);
    expect(execution.stoppedMs - execution.startedMs).toBe(2000);
  });

  it('is not retried or caught when the error is terminal', async () => {
    const Work = () => Promise.resolve({ n: 1n });
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Saved' }];
    const terminal = machine({
      All: map({ ...processor({ Work: work }), Catch }),
      Saved: { Type: 'Succeed' },
    });

    expect((await run(terminal, { tasks: { Work }, input: [1] })).error).toBe('States.Runtime');
  });
});

describe('a distributed map', () => {
  it('runs each item as an execution of its own', async () => {
    const definition = machine({
      Set: { Type: 'Pass', Assign: { run: 'r1' }, Next: 'All' },
      All: map({
        ItemSelector: { run: '{% $run %}', v: '{% $states.context.Map.Item.Value %}' },
        ...processor(
          {
            Own: { Type: 'Pass', Assign: { mine: '{% $states.input.run %}' }, Next: 'Show' },
            Show: {
              Type: 'Pass',
              Output: ['{% $mine %}', '{% $states.context.Execution %}'],
              End: true,
            },
          },
          distributed,
        ),
      }),
    });

    const output = await outputOf(definition, { input: ['a'] });

    const StartTime = '2026-02-01T00:00:00.000Z';
    const Execution = { Name: 'test-run:All[0]', StartTime, Input: { run: 'r1', v: 'a' } };
    expect(output).toEqual([['r1', Execution]]);
  });

  it('reports a failed item as AWS does, by the threshold it exceeds', async () => {
    const Catch = [{ ErrorEquals: ['States.ExceedToleratedFailureThreshold'], Next: 'Saved' }];
    const definition = machine({
      All: map({ ...processor({ Work: work }, distributed), Catch }),
      Saved: { Type: 'Succeed' },
    });

    const output = await outputOf(definition, {
      tasks: { Work: () => Promise.reject(namedError('Broken', 'why')) },
      input: [1],
    });

    expect(output).toEqual({
      Error: 'States.ExceedToleratedFailureThreshold',
      Cause: 'All[0] failed with Broken: why',
    });
  });
});
