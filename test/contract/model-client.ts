import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '../../domain/meters.ts';
import type { TokenUsage } from '../../domain/meters.ts';
import { sumUsage } from '../../domain/reported-usage.ts';
import type { ConverseCall, InvokeCall, ModelCall, ModelEvent } from '../../domain/model-call.ts';
import type { ModelClient } from '../../handlers/ports.ts';
import { contentOf } from '../../domain/converse-blocks.ts';
import type {
  SimulatedAnswer,
  SimulatedCounts,
} from '../../runtime/local/simulated/simulated-bedrock.ts';

/** Models behind a client, whose next answers a test decides. */
export interface ModelWorld {
  readonly models: ModelClient;
  /** How every call is answered from now on. */
  answer(differs: Partial<SimulatedAnswer>): void;
  counts(): SimulatedCounts;
  close(): void | Promise<void>;
}

export const USAGE: TokenUsage = {
  ...{ input: 11, cache_read: 300, cache_write_5m: 20, cache_write_1h: 5, output: 42 },
};

/** An answer in no time. */
export function answerOf(differs: Partial<SimulatedAnswer> = {}): SimulatedAnswer {
  return {
    usage: USAGE,
    firstByteMs: 0,
    generateMs: 0,
    text: ['one ', 'two ', 'three'],
    ...differs,
  };
}

export function converseCall(differs: Partial<ConverseCall> = {}): ConverseCall {
  const messages = [{ role: 'user', content: [{ text: 'Say three words.' }] }] as const;
  return {
    ...{ kind: 'converse', api: 'openai.chat', modelRequested: 'amazon.nova-lite-v1:0' },
    ...{ stream: true, maxTokens: 100, request: { messages } },
    ...differs,
  };
}

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

export function invokeCall(differs: Partial<InvokeCall> = {}): InvokeCall {
  return {
    ...{ kind: 'invoke', api: 'bedrock.invoke', modelRequested: 'anthropic.claude-opus-5-5' },
    ...{ stream: false, maxTokens: 100, contentType: 'application/json' },
    ...{ accept: 'application/json', other: {}, headers: {} },
    bodies: [bytesOf({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages: [] })],
    ...differs,
  };
}

/** All events of a call, and the error that ended them, if one did. */
export async function eventsOf(models: ModelClient, call: ModelCall) {
  const events: ModelEvent[] = [];
  try {
    for await (const event of models.invoke(call)) events.push(event);
    return { events, error: null };
  } catch (error) {
    return { events, error: error as Error };
  }
}

/** The port `ModelClient`: what a model said, and what it used. */
export function describeModelClient(name: string, open: () => Promise<ModelWorld>): void {
  describe(`models: ${name}`, () => {
    let world: ModelWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    const endOf = ({ events }: { readonly events: readonly ModelEvent[] }) => {
      const end = events.at(-1);
      if (end?.type !== 'end') throw new Error(`got ${String(end?.type)}, expected the end`);
      return end;
    };

    describe.each([true, false])('a conversation, streamed: %s', (stream) => {
      it('gives the words in order and ends by saying what was used', async () => {
        const { events, error } = await eventsOf(world.models, converseCall({ stream }));

        expect(error).toBeNull();
        expect(contentOf(events)).toEqual([{ text: 'one two three' }]);
        expect(endOf({ events })).toMatchObject({
          ...{ stopReason: 'end_turn', usage: USAGE, tier: 'standard', latencyClass: 'standard' },
        });
        expect(endOf({ events }).upstreamId).toMatch(/^[A-Za-z0-9-]{8,40}$/);
        expect(events.filter(({ type }) => type === 'end')).toHaveLength(1);
      });

      it('is one call, which used what was said', async () => {
        await eventsOf(world.models, converseCall({ stream }));
        await eventsOf(world.models, converseCall({ stream }));

        const { calls, silent, tokens } = world.counts();
        expect([calls, silent]).toEqual([2, 0]);
        expect(tokens).toEqual(sumUsage([USAGE, USAGE]));
      });

      it('gives tools, thoughts and what only a model can read', async () => {
        world.answer({
          text: [
            { type: 'reasoning', text: 'They want ' },
            { type: 'reasoning', text: 'weather.' },
            { type: 'reasoning_signature', signature: 'c2ln' },
            { type: 'redacted_reasoning', data: 'AAEC/w==' },
            'Looking it up.',
            { type: 'tool_use', toolUseId: 'tool-1', name: 'weather' },
            { type: 'tool_input', json: '{"city":' },
            { type: 'tool_input', json: '"Oslo"}' },
            { type: 'tool_use', toolUseId: 'tool-2', name: 'time' },
          ],
          end: { stopReason: 'tool_use' },
        });

        const { events } = await eventsOf(world.models, converseCall({ stream }));

        expect(contentOf(events)).toEqual([
          {
            reasoningContent: { reasoningText: { text: 'They want weather.', signature: 'c2ln' } },
          },
          { reasoningContent: { redactedContent: 'AAEC/w==' } },
          { text: 'Looking it up.' },
          { toolUse: { toolUseId: 'tool-1', name: 'weather', input: { city: 'Oslo' } } },
          { toolUse: { toolUseId: 'tool-2', name: 'time', input: {} } },
        ]);
        expect(endOf({ events }).stopReason).toBe('tool_use');
      });

      it.each(['max_tokens', 'stop_sequence', 'guardrail_intervened', 'content_filtered'] as const)(
        'says that it ended by %s',
        async (stopReason) => {
          world.answer({ end: { stopReason } });

          const answer = await eventsOf(world.models, converseCall({ stream }));
          expect(endOf(answer).stopReason).toBe(stopReason);
        },
      );

      it('says what was served, not what was asked', async () => {
        const details = {
          serviceTier: { type: 'flex' },
          performanceConfig: { latency: 'optimized' },
        };
        world.answer({ end: { tier: 'flex', latencyClass: 'optimized', details } });

        const answer = await eventsOf(world.models, converseCall({ stream }));
        expect(endOf(answer)).toMatchObject({ tier: 'flex', latencyClass: 'optimized' });
      });

      it('without words has an end all the same', async () => {
        world.answer({ text: [], usage: { ...NO_TOKENS, input: 3 } });

        const { events } = await eventsOf(world.models, converseCall({ stream }));
        expect(endOf({ events }).usage).toEqual({ ...NO_TOKENS, input: 3 });
        expect(contentOf(events)).toEqual([]);
      });

      it.each(['throttled', 'client_error', 'upstream_error', 'timeout'] as const)(
        'that is %s before it began fails so, and used nothing anybody knows of',
        async (failure) => {
          world.answer({ failure });

          const { events, error } = await eventsOf(world.models, converseCall({ stream }));
          expect(events).toEqual([]);
          expect(error).toMatchObject({ name: 'ModelError', failure, usage: null });
          expect(world.counts().calls).toBe(1);
        },
      );
    });

    it('gives the first word before the last one is made', async () => {
      world.answer({ generateMs: 300 });
      const startedMs = performance.now();
      const seen: number[] = [];
      for await (const { type } of world.models.invoke(converseCall())) {
        if (type === 'text') seen.push(performance.now() - startedMs);
      }

      expect(seen).toHaveLength(3);
      expect(seen[2]! - seen[0]!).toBeGreaterThan(150);
    });

    it('breaks off where the stream breaks, after what came', async () => {
      world.answer({ failure: 'cut', text: ['one ', 'two ', 'three ', 'four'] });

      const { events, error } = await eventsOf(world.models, converseCall());
      expect(contentOf(events)).toEqual([{ text: 'one two ' }]);
      expect(error).toMatchObject({ name: 'ModelError', failure: 'cut' });
    });

    it('gives many answers at once, each its own', async () => {
      const call = (n: number) =>
        converseCall({
          request: { messages: [{ role: 'user', content: [{ text: 'x'.repeat(n) }] }] },
        });

      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => eventsOf(world.models, call(n + 1))),
      );

      expect(answers.map((answer) => endOf(answer).usage)).toEqual(answers.map(() => USAGE));
      expect(new Set(answers.map((answer) => endOf(answer).upstreamId)).size).toBe(20);
      expect(world.counts().calls).toBe(20);
    });

    describe('a body in the model’s own format', () => {
      const reply = {
        type: 'body',
        bytes: bytesOf({ text: 'hi' }),
        contentType: 'application/json',
      };

      it('is answered by a body, with what was used', async () => {
        const usage = { ...USAGE, cache_write_5m: 25, cache_write_1h: 0 };
        world.answer({ usage, text: [reply as ModelEvent as never] });

        const { events, error } = await eventsOf(world.models, invokeCall());

        expect(error).toBeNull();
        expect(events[0]).toEqual(reply);
        expect(endOf({ events })).toMatchObject({ usage, tier: 'standard' });
      });

      it('is answered by chunks where it is streamed', async () => {
        const chunks = ['a', 'b'].map(
          (text) => ({ type: 'chunk', bytes: bytesOf({ text }) }) as const,
        );
        const usage = { ...USAGE, cache_write_5m: 25, cache_write_1h: 0 };
        world.answer({ usage, text: chunks });

        const { events } = await eventsOf(world.models, invokeCall({ stream: true }));

        expect(events.slice(0, 2)).toEqual(chunks);
        expect(endOf({ events }).usage).toEqual(usage);
      });
    });

    it('counts input without calling a model', async () => {
      const tokens = await world.models.countTokens(converseCall());

      expect(tokens).toBeGreaterThan(0);
      expect(world.counts().calls).toBe(0);
    });
  });
}
