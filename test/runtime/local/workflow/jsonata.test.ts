import { describe, expect, it } from '@jest/globals';

import { expressionMachine, machine, outputOf, refusal, run } from './machine.ts';

const valueOf = (expression: string, input: unknown = {}, random = () => 0.5) =>
  outputOf(expressionMachine(expression), { input, random });
const causeOf = async (expression: string) => (await run(expressionMachine(expression))).cause;
const refusalOf = (expression: string) => refusal(expressionMachine(expression));

describe('an expression', () => {
  it.each([
    ['$states.input.rows[n > 1].n', [2, 3]],
    ['$states.input.rows[n = 2].n', 2], // a sequence of one is its only member, as on AWS
    ['[$states.input.rows[n = 2].n]', [2]],
    ['$states.input.rows.{"twice": n * 2}', [{ twice: 2 }, { twice: 4 }, { twice: 6 }]],
    ['$states.input.rows^(>n).n', [3, 2, 1]],
    ['$states.input.rows{$string(n): $}', { 1: { n: 1 }, 2: { n: 2 }, 3: { n: 3 } }],
    ['$map($states.input.rows, function($row, $i) { $row.n * $i })', [0, 2, 6]],
    ['$states.input.rows.n ~> $sum()', 6],
    ['$states.input.rows#$i[n = 3].$i', 2],
    ['$states.input.rows.n.($ + 1)', [2, 3, 4]],
    ['$states.input ~> |rows|{"n": 0}|', { rows: [{ n: 0 }, { n: 0 }, { n: 0 }], s: 'a-b' }],
    ['$states.input.*[0].n', 1],
    ['$states.input.**.n', [1, 2, 3]],
    ['$states.input.rows.n.%.n', [1, 2, 3]],
    ['($f := function($x) { $x < 2 ? 1 : $x * $f($x - 1) }; $f(5))', 120],
    ['$map([1, 2], $power(?, 2))', [1, 4]],
    ['$split($states.input.s, /-/)', ['a', 'b']],
    ['"x" in ["x", "y"] and $not(false) ? -1 : null', -1],
    ['$states.input.rows@$r.{"n": $r.n}[n > 2]', { n: 3 }],
    ['$sift($states.input, function($v, $k) { $k = "s" })', { s: 'a-b' }],
  ])('may be %s', async (expression, expected) => {
    const rows = [{ n: 1 }, { n: 2 }, { n: 3 }];

    expect(await valueOf(expression, { rows, s: 'a-b' })).toEqual(expected);
  });

  it('sees the context of execution, state and machine', async () => {
    const input = { a: 1 };
    const output = await outputOf(expressionMachine('$states.context.Execution'), {
      input,
    });
    expect(output).toEqual({
      Name: 'test-run',
      StartTime: '2026-02-01T00:00:00.000Z',
      Input: input,
    });
    expect(await valueOf('$states.context.State')).toEqual({
      Name: 'Only',
      EnteredTime: '2026-02-01T00:00:00.000Z',
      RetryCount: 0,
    });
    expect(await valueOf('$states.context.StateMachine.Name')).toBe('workflow');
  });

  it.each([
    ['$states.input.missing', '"$states.input.missing" yielded nothing; expected a value'],
    ['$uppercase', 'expected JSON'],
    ['{"f": function($x) { $x }}', 'expected JSON'],
    ['1 / 0', 'JSON has finite numbers only'],
    ['$error("odd")', 'failed: odd'],
    ['"a" + 1', 'must evaluate to a number'],
  ])('that comes to nothing is a States.QueryEvaluationError: %s', async (expression, cause) => {
    const execution = await run(expressionMachine(expression));

    expect(execution.error).toBe('States.QueryEvaluationError');
    expect(execution.cause).toContain(cause);
  });

  it('cannot change what the machine holds', async () => {
    const definition = machine({
      A: {
        Type: 'Pass',
        Assign: { a: '{% $append($states.input, 3) %}', b: '{% $states.input[] %}' },
        Next: 'B',
      },
      B: { Type: 'Pass', Output: ['{% $a %}', '{% $b %}', '{% $states.input %}'], End: true },
    });

    expect(await outputOf(definition, { input: [1] })).toEqual([[1, 3], [1], [1]]);
  });
});

describe('the functions AWS adds', () => {
  it.each([
    ['$partition([1, 2, 3, 4, 5], 2)', [[1, 2], [3, 4], [5]]],
    ['$partition([1], 2)', [[1]]],
    ['$range(0, 10, 5)', [0, 5, 10]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$count($range(1, 1000, 1))', 1000],
    ['$count($range(2, 1, 1))', 0],
    // printf abc | md5sum, and so on
    ['$hash("abc", "MD5")', '900150983cd24fb0d6963f7d28e17f72'],
    ['$hash("abc", "SHA-1")', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['$hash("abc", "SHA-256")', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['$length($hash("abc", "SHA-384"))', 96],
    ['$length($hash("abc", "SHA-512"))', 128],
    ['$parse("{\\"a\\": [1]}")', { a: [1] }],
    ['$random()', 0.5],
    ['$uuid()', '80808080-8080-4080-8080-808080808080'],
  ])('%s', async (expression, expected) => {
    expect(await valueOf(expression)).toEqual(expected);
  });

  it.each([
    ['$partition("x", 2)', '$partition: got "x"; expected an array'],
    ['$partition([1], 0)', '$partition: got size 0; expected a positive integer'],
    ['$range(1, 2, 0)', '$range: got 1, 2, 0; expected three integers, the step not 0'],
    ['$range(0, 1000, 1)', '$range: got 1001 values; expected at most 1000'],
    ['$hash(1, "MD5")', '$hash: got 1; expected a string'],
    ['$hash("a", "SHA-3")', '$hash: got algorithm "SHA-3"; expected one of MD5, SHA-1'],
    ['$parse(1)', '$parse: got 1; expected a string of JSON'],
    ['$parse("{")', 'failed:'],
  ])('say what they got and expected: %s', async (expression, expected) => {
    const cause = await causeOf(expression);

    expect(cause).toContain(expected);
  });

  it('draw uuids that differ and have version and variant in place', async () => {
    let seed = 0;
    const random = () => (seed = (seed * 16807 + 11) % 2147483647) / 2147483647;
    const ids = (await valueOf('[1..50].$uuid()', {}, random)) as string[];

    expect(new Set(ids).size).toBe(50);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  });
});

describe('an expression is refused at load', () => {
  it.each([
    ['$eval("1")', 'function "$eval" is not implemented: AWS does not offer it'],
    ['$now()', 'function "$now" is not implemented: it reads the system clock'],
    ['$map([1], function($x) { $millis() })', 'function "$millis" is not implemented'],
    ['$shuffle([1, 2])', 'function "$shuffle" is not implemented: it cannot be replayed'],
    ['$toMillis("10:30", "[H]:[m]")', '"$toMillis" with 2 arguments is not implemented'],
    ['$random(7)', '"$random" with 1 arguments is not implemented; expected at most 0'],
    ['$nope(1)', '"$nope" is no function implemented here and no variable assigned in this scope'],
    ['$late', '"$late" is no function implemented here and no variable assigned in this scope'],
    ['$', '"$" is not available here'],
    ['$$', '"$$" is not available'],
    ['$states.input.($$)', '"$$" is not available'],
    ['field', 'field "field" has no input to look in'],
    ['field.other', 'field "field" has no input to look in'],
    ['$map([1], function($x) { field })', 'field "field" has no input to look in'],
    ['*', '"wildcard" has no input'],
    ['**', '"descendant" has no input'],
    ['$states', '"$states" must be followed by a member'],
    ['$states[0].input', '"$states" must be followed by a member'],
    ['$states.*', '"$states" must be followed by a member'],
    ['$states.result', '"$states.result" does not exist here; expected one of input, context'],
    ['$states.errorOutput.Error', '"$states.errorOutput" does not exist here'],
    ['$states.context.Execution.Id', '"$states.context.Execution.Id" does not exist here'],
    ['$states.context.Map.Item.Index', '"$states.context.Map" does not exist here'],
    ['$states.context.Task.Token', '"$states.context.Task" does not exist here'],
    ['($states := 1)', '"$states" is reserved'],
    ['function($states) { 1 }', '"$states" is reserved'],
    ['1 +', 'which is not JSONata'],
  ])('%s', (expression, problem) => {
    const message = refusalOf(expression);

    expect(message).toContain('States.Only.Output: ');
    expect(message).toContain(problem);
  });

  it.each(['{% 1', 'text {% 1 %}', ' {% 1 %}', '{% 1 %} '])('unless it is whole: %p', (Output) => {
    const message = refusal(machine({ Only: { Type: 'Pass', Output, End: true } }));

    expect(message).toContain('an expression must be the whole string, from {% to %}');
  });

  it('naming the index and key where it stands', () => {
    const Output = { list: ['{% 1 %}', '{% $ %}'] };

    expect(refusal(machine({ Only: { Type: 'Pass', Output, End: true } }))).toContain(
      'States.Only.Output.list[1]: "$" is not available here',
    );
  });
});
