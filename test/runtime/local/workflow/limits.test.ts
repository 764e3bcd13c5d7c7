import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { payload, PAYLOAD_LIMIT_BYTES } from '../../../../runtime/local/workflow/json.ts';
import { machine, run } from './machine.ts';

const LIMIT = 262_144;
/** JSON of exactly so many bytes. */
const sized = (bytes: number) => 'x'.repeat(bytes - 2);

describe('the payload limit', () => {
  it('is 262,144 bytes of compact JSON in UTF-8', () => {
    expect(PAYLOAD_LIMIT_BYTES).toBe(LIMIT);
    expect(payload(sized(LIMIT), 'it')).toHaveLength(LIMIT - 2);
    expect(() => payload(sized(LIMIT + 1), 'it')).toThrow(
      'it is 262145 bytes of JSON; the limit is 262144',
    );
    expect(() => payload('€'.repeat(LIMIT / 3), 'it')).toThrow('bytes of JSON');
  });

  it('passes exactly the values whose JSON fits, as an equal copy', () => {
    const near = fc.integer({ min: LIMIT - 4, max: LIMIT + 4 });
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), near, (value, bytes) => {
        const rest = bytes - Buffer.byteLength(JSON.stringify({ value, fill: '' }));
        const whole = { value, fill: 'x'.repeat(rest) };
        if (bytes > LIMIT) {
          expect(() => payload(whole, 'it')).toThrow(`it is ${bytes} bytes`);
        } else {
          const copy = payload(whole, 'it');
          expect(JSON.stringify(copy)).toBe(JSON.stringify(whole));
          expect(copy).not.toBe(whole);
        }
      }),
      { numRuns: 60 },
    );
  });

  const task = { Type: 'Task', Resource: '${Step}' };
  const Saved = { Type: 'Succeed', Output: 'saved' };
  const Step = () => Promise.resolve(sized(200_000));
  const all = [{ ErrorEquals: ['States.ALL'], Next: 'Saved' }];

  it.each([
    ['the input of the execution', machine({ A: Saved }), sized(LIMIT + 1)],
    [
      'States.A.Arguments',
      machine({
        A: {
          ...task,
          Arguments: ['{% $states.input %}', '{% $states.input %}'],
          Catch: all,
          End: true,
        },
        Saved,
      }),
      sized(200_000),
    ],
    [
      'the output of States.A',
      machine({
        A: { Type: 'Pass', Output: ['{% $states.input %}', '{% $states.input %}'], End: true },
      }),
      sized(200_000),
    ],
    [
      'the set of variables after States.B',
      machine({
        A: { Type: 'Pass', Assign: { a: '{% $states.input %}' }, Next: 'B' },
        B: { Type: 'Pass', Assign: { b: '{% $states.input %}' }, End: true },
      }),
      sized(200_000),
    ],
    [
      'the results of States.A',
      machine({
        A: {
          Type: 'Map',
          Items: [1, 2],
          ItemProcessor: { StartAt: 'In', States: { In: { ...task, End: true } } },
          Catch: all,
          Output: 'small',
          End: true,
        },
        Saved,
      }),
      {},
    ],
    [
      'States.A.ItemSelector',
      machine({
        A: {
          Type: 'Map',
          Items: [1],
          ItemSelector: ['{% $states.input %}', '{% $states.input %}'],
          ItemProcessor: { StartAt: 'In', States: { In: Saved } },
          End: true,
        },
      }),
      sized(200_000),
    ],
  ])('holds for %s, and States.ALL does not catch it', async (what, definition, input) => {
    const tasks = JSON.stringify(definition).includes('${Step}') ? { Step } : {};

    const execution = await run(definition, { tasks, input });

    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect(execution.cause).toContain(`${what} is `);
  });

  it('holds for a task’s result even if Output drops it, and can be caught by its name', async () => {
    const Catch = [{ ErrorEquals: ['States.DataLimitExceeded'], Next: 'Saved' }];
    const definition = machine({ A: { ...task, Output: 'small', Catch, End: true }, Saved });
    const tasks = { Step: () => Promise.resolve(sized(LIMIT + 1)) };

    const execution = await run(definition, { tasks });

    expect(execution.output).toBe('saved');
    expect(execution.history.find(({ type }) => type === 'CatchTaken')?.details).toMatchObject({
      cause: 'the result of Step is 262145 bytes of JSON; the limit is 262144',
    });
  });
});
