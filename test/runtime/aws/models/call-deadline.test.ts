import { describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { ModelError } from '../../../../domain/model-call.ts';
import type { ModelCall, ModelEvent } from '../../../../domain/model-call.ts';
import type { ModelClient } from '../../../../handlers/ports.ts';
import { untilDeadline } from '../../../../runtime/aws/models/call-deadline.ts';

const MARGIN_MS = 5_000;
const call = {} as ModelCall;

const countTokens = () => Promise.resolve(7);

/** Says one word each `pauseMs`. */
const speaking = (words: number, pauseMs: number): ModelClient => ({
  countTokens,
  async *invoke() {
    for (let n = 0; n < words; n += 1) {
      await wait(pauseMs);
      yield { type: 'text', text: `${n}` };
    }
  },
});

async function hear(models: ModelClient): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of models.invoke(call)) events.push(event);
  return events;
}

describe('a model behind a deadline', () => {
  it('is heard whole if it ends in time', async () => {
    const models = untilDeadline(speaking(3, 5), () => MARGIN_MS + 10_000);

    expect(await hear(models)).toHaveLength(3);
  });

  it('times out before the function does, and nobody knows what it used', async () => {
    const heard: ModelEvent[] = [];
    const models = untilDeadline(speaking(1_000, 5), () => MARGIN_MS + 60);
    const startedMs = performance.now();

    const error: unknown = await (async () => {
      for await (const event of models.invoke(call)) heard.push(event);
    })().catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ failure: 'timeout', usage: null });
    expect(heard.length).toBeGreaterThan(0);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('times out at once where no time is left', async () => {
    await expect(hear(untilDeadline(speaking(1, 1_000), () => 0))).rejects.toThrow(ModelError);
  });

  it('counts tokens as before', async () => {
    expect(await untilDeadline(speaking(1, 1), () => 0).countTokens(call)).toBe(7);
  });

  it('keeps the failure of a model that fails', async () => {
    const failing: ModelClient = {
      countTokens,
      // eslint-disable-next-line require-yield, @typescript-eslint/require-await -- fails at once
      async *invoke() {
        throw new ModelError('throttled', 'busy');
      },
    };

    await expect(hear(untilDeadline(failing, () => MARGIN_MS * 2))).rejects.toThrow('busy');
  });
});
