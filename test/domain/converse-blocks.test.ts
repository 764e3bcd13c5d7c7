import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { contentOf, createBlockReader } from '../../domain/converse-blocks.ts';
import type { BlockStep } from '../../domain/converse-blocks.ts';
import type { ModelEvent } from '../../domain/model-call.ts';

const word = fc.string({ maxLength: 4 });
const event: fc.Arbitrary<ModelEvent> = fc.oneof(
  word.map((text) => ({ type: 'text', text }) as const),
  word.map((text) => ({ type: 'reasoning', text }) as const),
  word.map((signature) => ({ type: 'reasoning_signature', signature }) as const),
  word.map((data) => ({ type: 'redacted_reasoning', data }) as const),
  word.map((name) => ({ type: 'tool_use', toolUseId: `t${name}`, name }) as const),
  word.map((json) => ({ type: 'tool_input', json }) as const),
  word.map((title) => ({ type: 'native', delta: { citation: { title } } }) as const),
  word.map((format) => ({ type: 'native', delta: { image: { format } } }) as const),
  fc.constant({ type: 'block_end' } as const),
);
const end: ModelEvent = {
  ...{ type: 'end', stopReason: 'end_turn', usage: null, upstreamId: 'u' },
  ...{ tier: 'standard', latencyClass: 'standard' },
};

function stepsOf(events: readonly ModelEvent[]): readonly BlockStep[] {
  return events.flatMap(createBlockReader());
}

describe('the blocks of an answer', () => {
  it('start, say something and stop one after the other, whatever a model does', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let [next, open] = [0, false];
        for (const step of stepsOf([...events, end])) {
          if (step.type === 'start') {
            expect([open, step.index]).toEqual([false, next]);
            [next, open] = [next + 1, true];
          } else {
            expect([open, step.index]).toEqual([true, next - 1]);
            open = step.type !== 'stop';
          }
        }
        expect(open).toBe(false);
      }),
    );
  });

  it('lose no word of it', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const deltas = stepsOf([...events, end]).filter((step) => step.type === 'delta');
        const said = events.filter(({ type }) => type !== 'block_end' && type !== 'tool_use');
        expect(deltas).toHaveLength(said.length);
        const texts = events.flatMap((one) => (one.type === 'text' ? [one.text] : [])).join('');
        const blocks = contentOf([...events, end]) as readonly {
          readonly text?: string;
          readonly citationsContent?: { readonly content: readonly { readonly text: string }[] };
        }[];
        const kept = blocks.map((one) => one.text ?? one.citationsContent?.content[0]?.text ?? '');
        expect(kept.join('')).toBe(texts);
      }),
    );
  });

  it('keep the input of a tool that is no JSON, because it was cut off', () => {
    const tool = { type: 'tool_use', toolUseId: 't', name: 'n' } as const;
    const inputOf = (...pieces: string[]) =>
      contentOf([tool, ...pieces.map((json) => ({ type: 'tool_input', json }) as const)])[0]
        ?.toolUse;

    expect(inputOf('{"a":', '1}')?.input).toEqual({ a: 1 });
    expect(inputOf()?.input).toEqual({});
    expect(inputOf('{"a":')?.input).toBe('{"a":');
  });
});
