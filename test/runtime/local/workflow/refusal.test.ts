import { describe, expect, it } from '@jest/globals';

import { machine, refusal } from './machine.ts';

const pass = { Type: 'Pass', End: true };
const task = { Type: 'Task', Resource: '${Step}', End: true };
const Step = () => Promise.resolve(null);
const processor = { StartAt: 'In', States: { In: pass } };
const map = { Type: 'Map', Items: [], ItemProcessor: processor, End: true };
const rule = { Condition: '{% true %}', Next: 'End' };
const choice = { Type: 'Choice', Choices: [rule], Default: 'End' };

const ofState = (state: object) =>
  refusal(machine({ Foo: state, End: { Type: 'Succeed' } }), 'Resource' in state ? { Step } : {});

describe('a definition is refused, naming the path, for', () => {
  it.each([
    ['no object', [], 'definition: got []; expected an object'],
    [
      'an unknown field',
      machine({ A: pass }, { Foo: 1 }),
      'Foo: field "Foo" is not implemented; implemented here: Comment',
    ],
    [
      'JSONPath',
      machine({ A: pass }, { QueryLanguage: 'JSONPath' }),
      'QueryLanguage: got "JSONPath"; expected "JSONata"',
    ],
    [
      'JSONPath by default',
      { StartAt: 'A', States: { A: pass } },
      'QueryLanguage: got nothing, which means JSONPath',
    ],
    [
      'another version',
      machine({ A: pass }, { Version: '2.0' }),
      'Version: got "2.0"; expected "1.0"',
    ],
    [
      'a limit of nothing',
      machine({ A: pass }, { TimeoutSeconds: 0 }),
      'TimeoutSeconds: got 0; expected an integer of at least 1',
    ],
    ['an odd comment', machine({ A: pass }, { Comment: 1 }), 'Comment: got 1; expected a string'],
    ['no states', machine({}), 'States: got {}; expected an object of states'],
    [
      'a wrong start',
      machine({ A: pass }, { StartAt: 'B' }),
      'StartAt: got "B"; expected a state of this scope: A',
    ],
    ['a state that is none', machine({ A: 1 }), 'States.A: got 1; expected an object'],
    ['a state without a type', machine({ A: {} }), 'States.A.Type: got undefined; expected a type'],
    [
      'a name with a slash',
      machine({ 'A/B': pass }),
      'got name "A/B"; expected 1 to 80 characters',
    ],
    [
      'a name used twice',
      machine({ A: map, In: pass }),
      'States.In: another state is named "In"; expected unique names',
    ],
  ])('%s', (_, definition, message) => {
    expect(refusal(definition)).toContain(message);
  });
});

describe('a state is refused for', () => {
  it.each([
    [
      { Type: 'Parallel', End: true },
      '.Type: state type "Parallel" is not implemented; implemented: Task, Map',
    ],
    [
      { ...pass, Bar: 1 },
      '.Bar: field "Bar" is not implemented; implemented here: Assign, Comment, End',
    ],
    [{ ...pass, Result: 1 }, '.Result: field "Result" is not implemented'],
    [{ ...pass, InputPath: '$' }, '.InputPath: field "InputPath" is not implemented'],
    [{ ...pass, QueryLanguage: 'JSONPath' }, '.QueryLanguage: got "JSONPath"; expected "JSONata"'],
    [{ Type: 'Pass' }, ': got neither of Next and End; expected one of them'],
    [{ ...pass, Next: 'End' }, ': got both of Next and End; expected one of them'],
    [{ ...pass, End: false }, '.End: got false; expected true, or Next instead'],
    [
      { Type: 'Pass', Next: 'Nowhere' },
      '.Next: got "Nowhere"; expected a state of this scope: Foo, End',
    ],
    [{ Type: 'Pass', Next: 7 }, '.Next: got 7; expected a string'],
    [{ ...pass, Assign: 1 }, '.Assign: got 1; expected an object'],
    [
      { ...pass, Assign: { 'a-b': 1 } },
      '.Assign.a-b: got variable "a-b"; expected at most 80 letters',
    ],
    [{ ...pass, Assign: { states: 1 } }, '.Assign.states: "states" is reserved'],
    [
      { ...pass, Assign: { count: 1 } },
      '.Assign.count: variable "count" would hide the function "$count"',
    ],
    [
      { ...task, HeartbeatSeconds: 1 },
      '.HeartbeatSeconds: field "HeartbeatSeconds" is not implemented',
    ],
    [{ ...task, Credentials: {} }, '.Credentials: field "Credentials" is not implemented'],
    [
      { ...task, Resource: 'arn:aws:states:::lambda:invoke' },
      '.Resource: got "arn:aws:states:::lambda:invoke"; expected the name of a step',
    ],
    [
      { ...task, TimeoutSeconds: 0 },
      '.TimeoutSeconds: got 0; expected a positive integer or a JSONata expression',
    ],
    [{ ...task, TimeoutSeconds: '5' }, '.TimeoutSeconds: got "5"; expected a positive integer'],
    [{ ...task, Retry: {} }, '.Retry: got {}; expected an array that is not empty'],
    [{ ...choice, Choices: [] }, '.Choices: got []; expected an array that is not empty'],
    [{ ...choice, Next: 'End' }, '.Next: field "Next" is not implemented'],
    [{ ...choice, Default: 'Nowhere' }, '.Default: got "Nowhere"; expected a state of this scope'],
    [
      { ...choice, Choices: [{ ...rule, StringEquals: 'x' }] },
      '.Choices[0].StringEquals: field "StringEquals" is not implemented',
    ],
    [
      { ...choice, Choices: [{ ...rule, And: [] }] },
      '.Choices[0].And: field "And" is not implemented',
    ],
    [
      { ...choice, Choices: [{ Next: 'End' }] },
      '.Choices[0].Condition: got undefined; expected a JSONata expression',
    ],
    [
      { ...choice, Choices: [{ ...rule, Condition: 'true' }] },
      '.Choices[0].Condition: got "true"; expected a JSONata',
    ],
    [
      { ...choice, Choices: [{ Condition: '{% true %}' }] },
      '.Choices[0].Next: got undefined; expected a string',
    ],
    [{ Type: 'Choice', Choices: [rule], Output: 1 }, ': got Output or Assign without Default'],
    [{ Type: 'Wait', End: true }, '.Seconds: got nothing; expected seconds'],
    [
      { Type: 'Wait', Seconds: -1, End: true },
      '.Seconds: got -1; expected an integer of at least 0 or a JSONata',
    ],
    [
      { Type: 'Wait', Timestamp: 'x', End: true },
      '.Timestamp: field "Timestamp" is not implemented',
    ],
    [{ Type: 'Succeed', End: true }, '.End: field "End" is not implemented'],
    [{ Type: 'Succeed', Assign: {} }, '.Assign: field "Assign" is not implemented'],
    [{ Type: 'Fail', ErrorPath: '$' }, '.ErrorPath: field "ErrorPath" is not implemented'],
    [{ Type: 'Fail', Error: 1 }, '.Error: got 1; expected a string or a JSONata expression'],
    [{ ...map, ToleratedFailurePercentage: 1 }, '.ToleratedFailurePercentage: field'],
    [{ ...map, ToleratedFailureCount: 1 }, '.ToleratedFailureCount: field'],
    [{ ...map, ItemReader: {} }, '.ItemReader: field "ItemReader" is not implemented'],
    [{ ...map, ItemBatcher: {} }, '.ItemBatcher: field "ItemBatcher" is not implemented'],
    [{ ...map, Iterator: {} }, '.Iterator: field "Iterator" is not implemented'],
    [
      { ...map, Items: undefined },
      '.Items: got nothing; expected an array or a JSONata expression',
    ],
    [{ ...map, Items: { a: 1 } }, '.Items: got {"a":1}; expected an array or a JSONata expression'],
    [{ ...map, MaxConcurrency: -1 }, '.MaxConcurrency: got -1; expected an integer of at least 0'],
    [{ ...map, ItemProcessor: undefined }, '.ItemProcessor: got undefined; expected an object'],
    [
      { ...map, ItemProcessor: { ...processor, Foo: 1 } },
      '.ItemProcessor.Foo: field "Foo" is not implemented',
    ],
    [
      { ...map, ItemProcessor: { StartAt: 'In', States: { In: { ...pass, Bar: 1 } } } },
      '.ItemProcessor.States.In.Bar: field "Bar" is not implemented',
    ],
    [
      { ...map, ItemProcessor: { StartAt: 'In', States: { In: { Type: 'Pass', Next: 'End' } } } },
      '.ItemProcessor.States.In.Next: got "End"; expected a state of this scope: In',
    ],
  ])('%j', (state, message) => {
    expect(ofState(state)).toContain(`States.Foo${message}`);
  });

  it.each([
    [{ Mode: 'BATCH' }, '.Mode: got "BATCH"; expected "INLINE" or "DISTRIBUTED"'],
    [
      { Mode: 'DISTRIBUTED' },
      '.ExecutionType: got undefined; expected "STANDARD" with Mode DISTRIBUTED',
    ],
    [
      { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
      '.ExecutionType: got "EXPRESS"; expected "STANDARD"',
    ],
    [
      { Mode: 'INLINE', ExecutionType: 'STANDARD' },
      '.ExecutionType: got "STANDARD"; expected undefined',
    ],
    [{ Foo: 1 }, '.Foo: field "Foo" is not implemented'],
  ])('the processor configuration %j', (ProcessorConfig, message) => {
    const state = { ...map, ItemProcessor: { ...processor, ProcessorConfig } };

    expect(ofState(state)).toContain(`States.Foo.ItemProcessor.ProcessorConfig${message}`);
  });

  it.each([
    [{ ErrorEquals: [] }, '.ErrorEquals: got []; expected an array that is not empty'],
    [{ ErrorEquals: [1] }, '.ErrorEquals: got 1; expected the name of an error'],
    [
      { ErrorEquals: ['States.Runtime'] },
      '.ErrorEquals: "States.Runtime" always fails the execution',
    ],
    [
      { ErrorEquals: ['States.Permissions'] },
      '.ErrorEquals: error "States.Permissions" is not implemented',
    ],
    [{ ErrorEquals: ['States.ALL', 'E'] }, ': "States.ALL" must be alone in ErrorEquals'],
    [
      { ErrorEquals: ['E'], IntervalSeconds: 0 },
      '.IntervalSeconds: got 0; expected an integer of at least 1',
    ],
    [
      { ErrorEquals: ['E'], IntervalSeconds: 1.5 },
      '.IntervalSeconds: got 1.5; expected an integer',
    ],
    [
      { ErrorEquals: ['E'], MaxAttempts: -1 },
      '.MaxAttempts: got -1; expected an integer of at least 0',
    ],
    [
      { ErrorEquals: ['E'], BackoffRate: 0.5 },
      '.BackoffRate: got 0.5; expected a number of at least 1',
    ],
    [
      { ErrorEquals: ['E'], IntervalSeconds: 9, MaxDelaySeconds: 9 },
      '.MaxDelaySeconds: got 9; expected an integer of at least 10',
    ],
    [
      { ErrorEquals: ['E'], JitterStrategy: 'HALF' },
      '.JitterStrategy: got "HALF"; expected "NONE" or "FULL"',
    ],
    [{ ErrorEquals: ['E'], Jitter: 'FULL' }, '.Jitter: field "Jitter" is not implemented'],
  ])('the retrier %j', (retrier, message) => {
    expect(ofState({ ...task, Retry: [retrier] })).toContain(`States.Foo.Retry[0]${message}`);
  });

  it.each([
    [{ ErrorEquals: ['E'] }, '.Next: got nothing; expected a state'],
    [
      { ErrorEquals: ['E'], Next: 'Nowhere' },
      '.Next: got "Nowhere"; expected a state of this scope',
    ],
    [
      { ErrorEquals: ['E'], Next: 'End', ResultPath: '$' },
      '.ResultPath: field "ResultPath" is not implemented',
    ],
    [
      { ErrorEquals: ['E'], Next: 'End', Output: '{% $states.result %}' },
      '.Output: "$states.result" does not exist here',
    ],
  ])('the catcher %j', (catcher, message) => {
    expect(ofState({ ...task, Catch: [catcher] })).toContain(`States.Foo.Catch[0]${message}`);
  });

  it('a States.ALL that is not last', () => {
    const Retry = [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }];

    expect(ofState({ ...task, Retry })).toBe(
      'States.Foo.Retry[0]: "States.ALL" must be alone in ErrorEquals, and the last entry',
    );
  });
});

describe('variables are refused when', () => {
  const around = (inside: object, ProcessorConfig: object = { Mode: 'INLINE' }) =>
    machine({
      Set: { Type: 'Pass', Assign: { run: 1 }, Next: 'All' },
      All: {
        ...map,
        ItemProcessor: { ProcessorConfig, StartAt: 'In', States: { In: { ...pass, ...inside } } },
      },
    });
  const isolated = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
  const at = 'States.All.ItemProcessor.States.In';

  it('an item assigns one of an outer scope', () => {
    const message = `${at}.Assign.run: variable "run" belongs to an outer scope; choose another name`;

    expect(refusal(around({ Assign: { run: 2 } }))).toBe(message);
    expect(refusal(around({ Assign: { run: 2 } }, isolated))).toBe(message);
  });

  it('an item of a distributed map reads an outer one, or the map’s context', () => {
    expect(refusal(around({ Output: '{% $run %}' }))).toBe('nothing');
    expect(refusal(around({ Output: '{% $run %}' }, isolated))).toContain(
      `${at}.Output: "$run" is no`,
    );
    expect(refusal(around({ Output: '{% $states.context.Map.Item.Index %}' }, isolated))).toContain(
      '"$states.context.Map" does not exist here',
    );
  });

  it('one of an inner scope is read outside', () => {
    const definition = machine({
      All: {
        Type: 'Map',
        Items: [],
        ItemProcessor: { StartAt: 'In', States: { In: { ...pass, Assign: { own: 1 } } } },
        Next: 'Out',
      },
      Out: { ...pass, Output: '{% $own %}' },
    });

    expect(refusal(definition)).toContain('States.Out.Output: "$own" is no function');
  });
});

describe('steps and tasks must match', () => {
  it('both ways', () => {
    expect(refusal(machine({ A: task }))).toBe('step "Step": got no task; tasks are none');
    expect(refusal(machine({ A: task }), { Step, Other: Step })).toBe(
      'task "Other": no state names it; steps are Step',
    );
    expect(refusal(machine({ A: pass }), { Step })).toBe(
      'task "Step": no state names it; steps are none',
    );
    expect(refusal(machine({ A: task }), { Step })).toBe('nothing');
  });

  it('inside maps too', () => {
    const inner = { ...map, ItemProcessor: { StartAt: 'In', States: { In: task } } };

    expect(refusal(machine({ All: inner }))).toBe('step "Step": got no task; tasks are none');
    expect(refusal(machine({ All: inner }), { Step })).toBe('nothing');
  });
});
