import { describe, expect, it } from '@jest/globals';

import { coverage } from '../../runtime/local/workflow/coverage.ts';
import { lint } from './lint.ts';

/** Uses every state type and field that the interpreter implements. */
const good = {
  Comment: 'A sample',
  QueryLanguage: 'JSONata',
  Version: '1.0',
  TimeoutSeconds: 3600,
  StartAt: 'Plan',
  States: {
    Plan: {
      Type: 'Task',
      Resource: '${PlanWindows}',
      Arguments: { now: '{% $states.context.Execution.StartTime %}' },
      TimeoutSeconds: 60,
      Retry: [
        {
          ErrorEquals: ['Lambda.TooManyRequestsException'],
          IntervalSeconds: 2,
          MaxAttempts: 6,
          BackoffRate: 2,
          MaxDelaySeconds: 30,
          JitterStrategy: 'FULL',
        },
      ],
      Catch: [
        {
          ErrorEquals: ['States.ALL'],
          Assign: { why: '{% $states.errorOutput.Cause %}' },
          Output: '{% $states.errorOutput %}',
          Next: 'GiveUp',
        },
      ],
      Assign: { run: '{% $uuid() %}' },
      Output: '{% $states.result %}',
      Next: 'Windows',
    },
    Windows: {
      Type: 'Map',
      Items: '{% [$map($states.input.windows, function($w) { $w })] %}',
      ItemSelector: { window: '{% $states.context.Map.Item.Value %}', run: '{% $run %}' },
      MaxConcurrency: 4,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Poll',
        States: {
          Poll: { Type: 'Task', Resource: '${PollCount}', Next: 'Counted' },
          Counted: {
            Type: 'Choice',
            Choices: [
              {
                Condition: "{% $states.input.status = 'Complete' %}",
                Assign: { done: true },
                Output: '{% $states.input %}',
                Next: 'Done',
              },
            ],
            Default: 'Pause',
          },
          Pause: { Type: 'Wait', Seconds: 5, Next: 'Poll' },
          Done: { Type: 'Succeed', Output: '{% $done %}' },
        },
      },
      Output: '{% $states.result %}',
      Next: 'Close',
    },
    Close: { Type: 'Pass', Output: { windows: '{% $states.input %}' }, End: true },
    GiveUp: { Type: 'Fail', Error: 'Metering.Failed', Cause: '{% $why %}' },
  },
};

type States = Record<string, Record<string, unknown>>;

/** The sample with some states changed. */
function bad(change: (states: States) => void): unknown {
  const copy = structuredClone(good) as unknown as { States: States };
  change(copy.States);
  return copy;
}

/** Which linters object. */
async function objectors(definition: unknown): Promise<string[]> {
  const findings = await lint(definition);
  return [...new Set(findings.map(({ linter }) => linter))].sort();
}

const both = ['amazon-states-language-service', 'asl-validator'];

describe('the linters', () => {
  it('have nothing against a definition with everything that we implement', async () => {
    expect(await lint(good)).toEqual([]);
    expect(coverage(good, [])).not.toEqual([]); // and the interpreter loads it
  });

  it('do not change the definition', async () => {
    const copy = structuredClone(good);
    await lint(copy);

    expect(copy).toEqual(good);
  });

  it.each<[string, (states: States) => void, string[]]>([
    [
      'a Next that leads nowhere',
      ({ Close }) => Object.assign(Close!, { Next: 'No', End: undefined }),
      both,
    ],
    ['a missing Next', ({ Plan }) => delete Plan!['Next'], both],
    ['an orphan', (states) => (states['Lost'] = { Type: 'Succeed' }), both],
    ['an unknown field', ({ Plan }) => (Plan!['Foo'] = 1), both],
    ['an unknown type', ({ Close }) => (Close!['Type'] = 'Pas'), both],
    [
      'a syntax error in JSONata',
      ({ Close }) => (Close!['Output'] = '{% 1 + %}'),
      ['asl-validator'],
    ],
    ['a field of JSONPath', ({ Close }) => (Close!['InputPath'] = '$.a'), ['asl-validator']],
    [
      'a misspelt JitterStrategy',
      ({ Plan }) => (Plan!['Retry'] = [{ ErrorEquals: ['E'], JitterStrategy: 'FUL' }]),
      ['amazon-states-language-service'],
    ],
    [
      'an undefined variable (only the interpreter does)',
      ({ Close }) => (Close!['Output'] = '{% $nope %}'),
      [],
    ],
  ])('see %s', async (_, change, expected) => {
    expect(await objectors(bad(change))).toEqual(expected);
  });

  it('see a wrong StartAt', async () => {
    expect(await objectors({ ...good, StartAt: 'Nowhere' })).toContain('asl-validator');
  });

  it('see a fault inside a Map', async () => {
    const definition = bad(({ Windows }) => {
      const processor = Windows!['ItemProcessor'] as { States: States };
      processor.States['Pause']!['Next'] = 'Nowhere';
    });

    expect(await objectors(definition)).toEqual(both);
  });
});

it('the interpreter refuses what neither linter sees', () => {
  const definition = bad(({ Close }) => (Close!['Output'] = '{% $nope %}'));

  expect(() => coverage(definition, [])).toThrow('States.Close.Output: "$nope" is no function');
});
