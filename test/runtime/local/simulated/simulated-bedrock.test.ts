import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../../runtime/node/system.ts';
import { createSeededAnswers } from '../../../../runtime/local/simulated/seeded-answers.ts';
import { createSimulatedBedrock } from '../../../../runtime/local/simulated/simulated-bedrock.ts';
import type { SimulatedAnswer } from '../../../../runtime/local/simulated/simulated-bedrock.ts';
import { answerOf, converseCall, describeModelClient } from '../../../contract/model-client.ts';

describeModelClient('the simulated Bedrock', () => {
  let next: Partial<SimulatedAnswer> = {};
  const models = createSimulatedBedrock({ clock: systemClock, answer: () => answerOf(next) });
  return Promise.resolve({
    models,
    answer: (differs) => (next = differs),
    counts: () => models.counts(),
    close: () => undefined,
  });
});

describe('answers of a seed', () => {
  const call = converseCall();

  it('are the same for the same seed and call, and others otherwise', () => {
    const answers = createSeededAnswers('seed');

    expect(answers(call)).toEqual(createSeededAnswers('seed')(call));
    expect(answers(call)).not.toEqual(createSeededAnswers('another')(call));
    expect(answers(call)).not.toEqual(answers(converseCall({ modelRequested: 'other' })));
  });

  it('never say more than the cap, and say so where they reach it', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const { usage, text, end } = createSeededAnswers(String(seed))(
        converseCall({ maxTokens: 3 }),
      );

      expect(usage.output).toBe(text.length);
      expect(text.length).toBeLessThanOrEqual(3);
      expect(end?.stopReason).toBe(text.length === 3 ? 'max_tokens' : undefined);
    }
  });

  it.each(['5m', '1h'] as const)('cache what is marked for %s, and lose no token', (ttl) => {
    const cachePoint = { type: 'default', ttl } as const;
    const content = [{ text: 'x'.repeat(4000) }, { cachePoint }];
    const cached = converseCall({ request: { messages: [{ role: 'user', content }] } });
    const usages = Array.from({ length: 100 }, (_, n) => createSeededAnswers(`${n}`)(cached).usage);

    // 4,000 characters are 1,000 tokens, of which 800 are cached.
    const write = ttl === '1h' ? 'cache_write_1h' : 'cache_write_5m';
    expect(usages.every((usage) => usage.input === 200)).toBe(true);
    expect(usages.every((usage) => usage.cache_read + usage[write] === 800)).toBe(true);
    expect(new Set(usages.map(({ cache_read }) => cache_read))).toEqual(new Set([0, 800]));
  });
});
