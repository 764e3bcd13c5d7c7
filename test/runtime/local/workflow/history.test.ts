import { describe, expect, it } from '@jest/globals';

import { coverage } from '../../../../runtime/local/workflow/coverage.ts';
import type { HistoryEvent } from '../../../../runtime/local/workflow/history.ts';
import { failing, machine, run } from './machine.ts';
import { START_MS } from './virtual-clock.ts';

const definition = machine({
  Windows: {
    Type: 'Map',
    Items: '{% $states.input %}',
    ItemProcessor: {
      StartAt: 'RateWindow',
      States: {
        RateWindow: {
          Type: 'Task',
          Resource: '${Rate}',
          Retry: [{ ErrorEquals: ['Busy'] }],
          Catch: [{ ErrorEquals: ['Broken'], Next: 'Note' }],
          Next: 'Tied',
        },
        Tied: {
          Type: 'Choice',
          Choices: [{ Condition: '{% $states.input > 0 %}', Next: 'Fine' }],
          Default: 'Note',
        },
        Fine: { Type: 'Succeed' },
        Note: { Type: 'Pass', End: true },
      },
    },
    End: true,
  },
});

it('the history tells what happened, in order, with instants of the clock', async () => {
  const seen: HistoryEvent[] = [];
  const onEvent = (event: HistoryEvent) => seen.push(event);

  const { history } = await run(definition, {
    input: [1],
    tasks: { Rate: failing('Busy') },
    onEvent,
  });

  expect(history.map(({ type, path }) => `${type} ${path}`.trim())).toEqual([
    'ExecutionStarted',
    'StateEntered Windows',
    'MapIterationStarted Windows[0]',
    'StateEntered Windows[0]/RateWindow',
    'TaskScheduled Windows[0]/RateWindow',
    'TaskFailed Windows[0]/RateWindow',
    'TaskRetried Windows[0]/RateWindow',
    'TaskScheduled Windows[0]/RateWindow',
    'TaskSucceeded Windows[0]/RateWindow',
    'StateExited Windows[0]/RateWindow',
    'StateEntered Windows[0]/Tied',
    'ChoiceTaken Windows[0]/Tied',
    'StateExited Windows[0]/Tied',
    'StateEntered Windows[0]/Fine',
    'StateExited Windows[0]/Fine',
    'MapIterationSucceeded Windows[0]',
    'StateExited Windows',
    'ExecutionSucceeded',
  ]);
  expect(history.map(({ id }) => id)).toEqual(history.map((_, index) => index + 1));
  expect(history[0]?.atMs).toBe(START_MS);
  expect(history.at(-1)?.atMs).toBe(START_MS + 1000);
  expect(seen).toEqual(history);
});

it('a failed execution ends its history with the error', async () => {
  const { history } = await run(definition, { input: [1], tasks: { Rate: failing('Odd') } });

  expect(history.at(-1)).toMatchObject({
    type: 'ExecutionFailed',
    path: '',
    details: { error: 'Odd', cause: 'because' },
  });
});

it('the same run is the same history, to the byte', async () => {
  const once = async () => {
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const tasks = { Rate: failing('Busy', 'Busy', 'Busy', 'Broken') };
    return JSON.stringify(await run(definition, { input: [1, 2, 0], tasks, random }));
  };

  expect(await once()).toBe(await once());
});

describe('coverage', () => {
  it('lists states, branches and catches nothing has reached', async () => {
    expect(coverage(definition, [])).toEqual([
      'Windows: never entered',
      'RateWindow: never entered',
      'RateWindow: catch 0 to Note',
      'Tied: never entered',
      'Tied: rule 0 to Fine',
      'Tied: Default to Note',
      'Fine: never entered',
      'Note: never entered',
    ]);
    const { history } = await run(definition, { input: [1], tasks: { Rate: failing() } });
    expect(coverage(definition, [history])).toEqual([
      'RateWindow: catch 0 to Note',
      'Tied: Default to Note',
      'Note: never entered',
    ]);
  });

  it('is complete when the histories together reach everything', async () => {
    const good = await run(definition, { input: [1, 0], tasks: { Rate: failing() } });
    const bad = await run(definition, { input: [1], tasks: { Rate: failing('Broken') } });

    expect(coverage(definition, [good.history, bad.history])).toEqual([]);
  });
});
